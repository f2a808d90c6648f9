using System.CommandLine;
using System.CommandLine.Help;
using Cloudlet.Cli.Verbs;

namespace Cloudlet.Cli;

/// <summary>The <c>cloudlet</c> command line.</summary>
internal static class CloudletCommand
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Turns one description of a site into cloudlet hosts that stay as described.");
        foreach (var verb in (Command[])
                 [
                     PlanVerb.Create(), ApplyVerb.Create(), VerifyVerb.Create(), ConfirmVerb.Create(), RollbackVerb.Create(), StatusVerb.Create(),
                     ExplainVerb.Create(), CollectVerb.Create(), HealthdVerb.Create(), HoldVerb.Create(), ReleaseVerb.Create(), CompileVerb.Create(), SchemaVerb.Create(), LabVerb.Create(), OverlayVerb.Create(), SynthesizeVerb.Create(), StoreVerb.Create(), BaseVerb.Create(), VmVerb.Create(), CompletionVerb.Create(), AgentVerb.Create(), GuardVerb.Create(),
                 ])
            root.Subcommands.Add(verb);
        root.Options.Add(GuardOptions.InNamespace);
        foreach (var option in root.Options)
            if (option is HelpOption { Action: HelpAction standard } help)
                help.Action = new HelpWithExamples(standard);
        return root;
    }

    public static async Task<int> RunAsync(string[] args, TextWriter? output = null, TextWriter? errors = null)
    {
        var parsed = Create().Parse(args);
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
        if (output is not null)
            configuration.Output = output;
        if (errors is not null)
            configuration.Error = errors;
        try
        {
            var exit = await parsed.InvokeAsync(configuration);
            return parsed.Action is System.CommandLine.Invocation.ParseErrorAction ? ExitCodes.Invalid : exit;
        }
        catch (OperationCanceledException)
        {
            await configuration.Error.WriteLineAsync(IsRuntime(parsed)
                ? "interrupted. What was begun is gone; what had a name before is as it was."
                : "interrupted. What was done stays done: the same apply goes on from here, `cloudlet rollback` goes back.");
            return ExitCodes.Interrupted;
        }
        catch (Errors.CloudletException e)
        {
            await configuration.Error.WriteLineAsync($"error: {e.Message}");
            return e.Kind == Errors.ErrorKind.InvalidInput ? ExitCodes.Invalid : ExitCodes.Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that the user named, and that nobody had more to say about: the message names it.
            await configuration.Error.WriteLineAsync($"error: {e.Message}");
            return ExitCodes.Failed;
        }
    }

    private static bool IsRuntime(ParseResult parsed) => parsed.CommandResult is { Command.Name: "synthesize" } or { Parent: System.CommandLine.Parsing.CommandResult { Command.Name: "base" or "vm" or "overlay" or "store" } };
}
