using System.Text;
using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Collect;

/// <summary>
/// Makes exhibits from what came back, or from the reason why nothing did. A failed exhibit never prevents the others.
/// </summary>
/// <param name="processes">Runs helper programs.</param>
/// <param name="redaction">Removes the secrets; has learnt those of the configuration.</param>
/// <param name="clock">Time of each exhibit.</param>
internal sealed class ExhibitMaker(IProcesses processes, Redaction redaction, TimeProvider clock)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Runs a command; its output is the text.</summary>
    public Task<Exhibit> CommandAsync(
        string id,
        HelperProgram program,
        IReadOnlyList<string> arguments,
        CancellationToken ct,
        KeptEnd keep = KeptEnd.First
    ) =>
        TryAsync(
            id,
            $"{program.Name} {string.Join(' ', arguments)}",
            async exhibit =>
            {
                var result = await processes.RunAsync(program, arguments, Longest, ct);
                return (exhibit with { ExitStatus = result.ExitCode }).WithText(
                    result.ExitCode == 0 ? result.Output : result.Output + result.Error,
                    redaction,
                    keep
                );
            }
        );

    /// <summary>An exhibit whose text comes from a function.</summary>
    /// <param name="id">Id of the exhibit.</param>
    /// <param name="how">How a person would get it.</param>
    /// <param name="get">Returns the text.</param>
    /// <param name="keep">Which end of a long text is kept.</param>
    public Task<Exhibit> TextAsync(string id, string how, Func<Task<string>> get, KeptEnd keep = KeptEnd.First) =>
        TryAsync(id, how, async exhibit => exhibit.WithText(await get(), redaction, keep));

    /// <summary>As <see cref="TextAsync"/>, for exhibits with more than a text.</summary>
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
