using System.Text;
using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Collect;

/// <summary>Makes exhibits of what came back, or of why nothing did. What one exhibit could not be had for never keeps the others away.</summary>
/// <param name="processes">Runs helper programs.</param>
/// <param name="redaction">Takes the secrets out; has learnt those of the configuration.</param>
/// <param name="clock">Says when.</param>
internal sealed class ExhibitMaker(IProcesses processes, Redaction redaction, TimeProvider clock)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>What a command says.</summary>
    public Task<Exhibit> CommandAsync(string id, HelperProgram program, IReadOnlyList<string> arguments, CancellationToken ct, KeptEnd keep = KeptEnd.First) =>
        TryAsync(id, $"{program.Name} {string.Join(' ', arguments)}", async exhibit =>
        {
            var result = await processes.RunAsync(program, arguments, Longest, ct);
            return (exhibit with { ExitStatus = result.ExitCode }).WithText(result.ExitCode == 0 ? result.Output : result.Output + result.Error, redaction, keep);
        });

    /// <summary>What is had in another way.</summary>
    /// <param name="id">Id of the exhibit.</param>
    /// <param name="how">How a person would have it.</param>
    /// <param name="get">Gives the text.</param>
    /// <param name="keep">Which end is kept of a long one.</param>
    public Task<Exhibit> TextAsync(string id, string how, Func<Task<string>> get, KeptEnd keep = KeptEnd.First) =>
        TryAsync(id, how, async exhibit => exhibit.WithText(await get(), redaction, keep));

    /// <summary>As <see cref="TextAsync"/>, for whoever has more to say than a text.</summary>
    public async Task<Exhibit> TryAsync(string id, string how, Func<Exhibit, Task<Exhibit>> get)
    {
        var exhibit = new Exhibit(id, how, clock.GetUtcNow());
        try
        {
            return await get(exhibit);
        }
        catch (CloudletException e)
        {
            return (exhibit with { Trouble = e.Message, TroubleKind = e.Kind }).WithText("", redaction);
        }
    }

    /// <summary>Text of bytes that should be UTF-8.</summary>
    public static string TextOf(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
