using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Verbs;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Refusals;

namespace Cloudlet.Cli;

/// <summary>The <c>cloudlet</c> command line.</summary>
internal static class CloudletCommand
{
    /// <summary>Version of this program.</summary>
    private static string Version { get; } =
        typeof(CloudletCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public static Command Create()
    {
        Command[] verbs =
        [
            PlanVerb.Create(),
            ApplyVerb.Create(),
            VerifyVerb.Create(),
            ConfirmVerb.Create(),
            RollbackVerb.Create(),
            StatusVerb.Create(),
            CheckVerb.Create(),
            ExplainVerb.Create(),
            CollectVerb.Create(),
            HealthdVerb.Create(),
            HoldVerb.Create(),
            ReleaseVerb.Create(),
            CompileVerb.Create(),
            SchemaVerb.Create(),
            LabVerb.Create(),
            OverlayVerb.Create(),
            SynthesizeVerb.Create(),
            StoreVerb.Create(),
            BaseVerb.Create(),
            VmVerb.Create(),
            LoginVerb.Create(),
            LoginVerb.CreateLogout(),
            AccountVerb.Create(),
            CompletionVerb.Create(),
            ManVerb.Create(Version),
            AgentVerb.Create(),
            GuardVerb.Create(),
        ];
        var root = Root(verbs);
        foreach (var verb in verbs)
            root.Subcommands.Add(verb);
        root.Options.Add(GuardOptions.InNamespace);
        foreach (var option in root.Options)
            if (option is HelpOption { Action: HelpAction standard } help)
                help.Action = new HelpWithExamples(standard);
        return root;
    }

    /// <summary>
    /// A root command is named after the program's file. If the file is named like a verb, two commands would have the same name, which the
    /// parser can't distinguish.
    /// </summary>
    private static Command Root(Command[] verbs)
    {
        const string Does = "Turns one description of a site into cloudlet hosts that stay as described.";
        return verbs.Any(v => v.Name == RootCommand.ExecutableName)
            ? new Command("cloudlet", Does) { new HelpOption(), new VersionOption() }
            : new RootCommand(Does);
    }

    public static async Task<int> RunAsync(string[] args, TextWriter? output = null, TextWriter? errors = null)
    {
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
        if (output is not null)
            configuration.Output = output;
        if (errors is not null)
            configuration.Error = errors;
        if (args is ["--version"])
        {
            // Programs wait for this answer, so the command line is not built for it.
            await configuration.Output.WriteLineAsync(Version);
            return ExitCodes.Ok;
        }

        ParseResult parsed;
        try
        {
            parsed = Create().Parse(args);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // An argument @FILE is replaced with the content of the file, which may be anything.
            await configuration.Error.WriteLineAsync($"error: can't read the command line: {Defect.Describe(e)}");
            return ExitCodes.Invalid;
        }

        try
        {
            if (Checks(parsed))
                configuration.ProcessTerminationTimeout = DeletionLimit;
            var exit = await parsed.InvokeAsync(configuration);
            return parsed.Action is System.CommandLine.Invocation.ParseErrorAction ? ExitCodes.Invalid : exit;
        }
        catch (OperationCanceledException)
        {
            await configuration.Error.WriteLineAsync(Interrupted(parsed));
            return ExitCodes.Interrupted;
        }
        catch (OverlayRefusedException e)
        {
            await WriteRefusalAsync(parsed, configuration, e);
            return ExitCodeOf(e);
        }
        catch (CloudletException e)
        {
            await configuration.Error.WriteLineAsync($"error: {e.Message}");
            return ExitCodeOf(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An error about a file that the user gave; the message has its path.
            await configuration.Error.WriteLineAsync($"error: {e.Message}");
            return ExitCodes.Failed;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            await configuration.Error.WriteLineAsync($"error: {Defect.Describe(e)}");
            return ExitCodes.Failed;
        }
    }

    private static int ExitCodeOf(CloudletException e) => e.Kind == ErrorKind.InvalidInput ? ExitCodes.Invalid : ExitCodes.Failed;

    /// <summary>With --json also as an event: the same one as of a host that refuses a request (docs/formats/events.md).</summary>
    private static async Task WriteRefusalAsync(ParseResult parsed, InvocationConfiguration to, OverlayRefusedException e)
    {
        var refusal = e.Refusal;
        if (parsed.CommandResult.Command.Options.OfType<Option<bool>>().Any(o => o.Name == "--json" && parsed.GetValue(o)))
            await to.Output.WriteLineAsync(
                ConvergeEventJson.ToLine(
                    new Refused(e.Kind, e.Message)
                    {
                        Code = refusal.Code,
                        Expected = refusal.Expected,
                        Found = refusal.Found,
                    }
                )
            );
        await to.Error.WriteLineAsync($"refused ({refusal.Code}): {PlainText.Of(e.Message, keepLines: true)}");
    }

    private static string Interrupted(ParseResult parsed)
    {
        const string Deleted = "What a check made is deleted; a remote host takes a minute for that.";
        const string Kept = "Completed changes are kept: run the same apply to continue, or `cloudlet rollback` to undo them.";
        return "interrupted. "
            + (
                IsRuntime(parsed) ? "Partial work was discarded; existing bases and VMs are unchanged."
                : !Checks(parsed) ? Kept
                : parsed.CommandResult.Command.Name == "apply" ? $"{Kept} {Deleted}"
                : Deleted
            );
    }

    /// <summary>A check deletes what it made after an interrupt, which takes a while; an agent may be checking.</summary>
    private static bool Checks(ParseResult parsed) =>
        parsed.CommandResult.Command is { Name: "check" or "agent" }
        || parsed.CommandResult.Command.Options.OfType<Option<bool>>().Any(o => o.Name == "--check" && parsed.GetValue(o));

    private static TimeSpan DeletionLimit { get; } = TimeSpan.FromMinutes(5);

    private static bool IsRuntime(ParseResult parsed) =>
        parsed.CommandResult
            is { Command.Name: "synthesize" }
                or { Parent: System.CommandLine.Parsing.CommandResult { Command.Name: "base" or "vm" or "overlay" or "store" } };
}
