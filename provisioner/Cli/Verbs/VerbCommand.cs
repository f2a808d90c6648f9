using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Cloudlet.Cli.Verbs;

/// <summary>A command whose help ends in examples and exit codes.</summary>
internal sealed class VerbCommand(string name, string description) : Command(name, description)
{
    /// <summary>Command lines with what they do.</summary>
    public IReadOnlyList<(string Line, string Does)> Examples { get; init; } = [];

    /// <summary>Exit codes beyond 0, with their meaning.</summary>
    public IReadOnlyList<(int Code, string Meaning)> Exits { get; init; } = [];
}

/// <summary>The standard help, followed by examples and exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction standard) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        var exit = standard.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not VerbCommand verb)
            return exit;
        var output = parseResult.InvocationConfiguration.Output;
        if (verb.Examples.Count > 0)
        {
            output.WriteLine("Examples:");
            foreach (var (line, does) in verb.Examples)
                output.WriteLine($"  {line}{Environment.NewLine}      {does}");
            output.WriteLine();
        }

        if (verb.Exits.Count > 0)
        {
            output.WriteLine("Exit status:");
            output.WriteLine("  0    success");
            foreach (var (code, meaning) in verb.Exits)
                output.WriteLine($"  {code, -4} {meaning}");
            output.WriteLine();
        }

        return exit;
    }
}
