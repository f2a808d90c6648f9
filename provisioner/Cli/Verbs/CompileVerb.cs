using System.CommandLine;
using Cloudlet.Cli.Output;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet compile</c>: renders site files to HostStates.</summary>
internal static class CompileVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand(
            "compile",
            "Render a site: one HostState per host, as JSON, with all defaults, and secrets as references."
        )
        {
            Examples =
            [
                ("cloudlet compile site.yaml --host edge-1", "one host, to standard output"),
                ("cloudlet compile site.yaml --output states/", "one file per host, states/NAME.json, and a line with each digest"),
            ],
            Exits = [(ExitCodes.Invalid, "the site files are wrong; every problem is listed")],
        };
        var site = Options.Site();
        var host = Options.Host();
        var output = new Option<DirectoryInfo?>("--output", "-o") { Description = "Folder for one file per host.", HelpName = "FOLDER" };
        verb.Arguments.Add(site);
        verb.Options.Add(host);
        verb.Options.Add(output);
        verb.SetAction(parsed =>
            Run(
                parsed,
                parsed.GetValue(site) is { Length: > 0 } files ? files : ["site.yaml"],
                parsed.GetValue(host) ?? [],
                parsed.GetValue(output)
            )
        );
        return verb;
    }

    private static int Run(ParseResult parsed, string[] files, string[] only, DirectoryInfo? folder)
    {
        var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var found = SiteHosts.Load(files, only, compile: true);
        if (found.Problems.Count > 0)
        {
            new Output.HumanReport(output, errors, Cli.Output.Ansi.Wanted(Console.IsErrorRedirected), manyHosts: false).Problems(
                found.Problems
            );
            return ExitCodes.Invalid;
        }

        if (folder is null && found.Hosts.Count > 1)
        {
            errors.WriteLine($"error: the site has {found.Hosts.Count} hosts; choose one with --host, or a folder for all with --output");
            return ExitCodes.Invalid;
        }

        foreach (var (host, state) in found.Hosts)
        {
            if (folder is null)
            {
                output.WriteLine(state!.ToIndentedJson());
                continue;
            }

            Write(folder, host.Name + ".json", state!.ToBytes());
            output.WriteLine($"{host.Name}.json  {state.Digest}");
        }

        return ExitCodes.Ok;
    }

    private static void Write(DirectoryInfo folder, string name, byte[] state)
    {
        var path = Path.Combine(folder.FullName, name);
        try
        {
            folder.Create();
            File.WriteAllBytes(OutputPath.Of(path).Path, state);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CloudletException(ErrorKind.ProcessFailed, $"can't write {path}: {e.Message}; give another --output folder", e);
        }
    }
}
