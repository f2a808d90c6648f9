using System.CommandLine;
using Cloudlet.Cli.Hosts;
using Cloudlet.Cli.Output;
using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;
using Cloudlet.Resources.Guards;

namespace Cloudlet.Cli.Verbs;

/// <summary>
/// <c>cloudlet guard</c>: a process that rolls back unless the change is confirmed, for hosts without systemd and for namespaces.
/// </summary>
internal static class GuardVerb
{
    public static Command Create()
    {
        var verb = new Command("guard", "Wait, then roll back unless the change was confirmed; started by `apply --confirm`.")
        {
            Hidden = true,
        };
        var options = GuardOptions.AddTo(verb);
        var after = new Option<double>("--after") { Description = "Seconds to wait.", Required = true };
        verb.Options.Add(after);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var asked = options.Read(parsed);
                await GuardLoop.RunAsync(
                    TimeSpan.FromSeconds(parsed.GetValue(after)),
                    token => GuardedRollback.GoBackAsync(asked, token),
                    TimeProvider.System,
                    ct
                );
                return ExitCodes.Ok;
            }
        );
        return verb;
    }
}

/// <summary>The parameters of a guard.</summary>
/// <param name="Run">The run that has to be confirmed.</param>
/// <param name="Namespace">The network namespace of the run; null: this machine.</param>
internal sealed record GuardRequest(string Run, string? Namespace);

/// <summary>The options of guards.</summary>
internal sealed class GuardOptions
{
    private readonly Option<string?> _run = new("--run") { Description = "The run.", Hidden = true };
    private readonly Option<string?> _stateFolder = new("--state-dir") { Description = "Folder of the host's state.", Hidden = true };
    private readonly Option<string?> _runFolder = new("--run-dir") { Description = "Folder of the host's lock.", Hidden = true };

    public static Option<string?> InNamespace { get; } =
        new(HostFactory.NamespaceOption)
        {
            Description = "The network namespace of a guard.",
            Hidden = true,
            Recursive = true,
        };

    public static GuardOptions AddTo(Command verb)
    {
        var options = new GuardOptions();
        verb.Options.Add(options._run);
        verb.Options.Add(options._stateFolder);
        verb.Options.Add(options._runFolder);
        return options;
    }

    public GuardRequest Read(ParseResult parsed) =>
        new(
            parsed.GetValue(_run)
                ?? throw new CloudletException(ErrorKind.InvalidInput, "--if-unconfirmed needs --run: the run that has to be confirmed"),
            parsed.GetValue(InNamespace)
        );
}

/// <summary>The rollback of a guard.</summary>
internal static class GuardedRollback
{
    /// <summary>Exit status 0 also when there is nothing to roll back; after any other the guard retries.</summary>
    public static async Task<int> OnceAsync(GuardRequest asked, CancellationToken ct)
    {
        try
        {
            await GoBackAsync(asked, ct);
            return ExitCodes.Ok;
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.NotFound)
        {
            return ExitCodes.Ok;
        }
    }

    public static async Task GoBackAsync(GuardRequest asked, CancellationToken ct)
    {
        using var parts = asked.Namespace is { } ns ? HostFactory.OpenNamespace(ns) : HostFactory.OpenThisMachine();
        var converger = new Converger(parts.Kinds, parts.Store, parts.Guard, TimeProvider.System, Log);
        await converger.RollBackAsync(asked.Run, ct);
    }

    /// <summary>A guard has no terminal: its events go to standard error, which is the journal of its service.</summary>
    private static void Log(ConvergeEvent happened) => Console.Error.WriteLine(ConvergeEventJson.ToLine(happened));
}
