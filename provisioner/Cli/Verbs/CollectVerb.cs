using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet collect</c>: writes the evidence of hosts to files, to be explained elsewhere.</summary>
internal static class CollectVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand(
            "collect",
            "Write evidence of hosts to bundles (HOST.bundle), without secrets, for `cloudlet explain --bundle` on another machine. "
                + "Changes nothing on the host."
        )
        {
            Examples =
            [
                ("cloudlet collect site.yaml --output /tmp/evidence", "every host of the site"),
                ("cloudlet collect", "this machine, into this folder"),
            ],
            Exits = [(ExitCodes.Failed, "a host could not be reached, or its bundle could not be written")],
        };
        var server = ExplainVerb.Server();
        var output = new Option<DirectoryInfo>("--output", "-o")
        {
            Description = "Folder that the bundles are written to.",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => new DirectoryInfo("."),
        };
        var port = ExplainVerb.Port();
        var login = ExplainVerb.Login();
        verb.Options.Add(server);
        verb.Options.Add(port);
        verb.Options.Add(login);
        verb.Options.Add(output);
        new HostVerbFrame().Build(
            verb,
            needsState: false,
            (parsed, _) =>
                new AgentRequest(HostVerb.Explain)
                {
                    Server = parsed.GetValue(server),
                    Port = parsed.GetValue(port),
                    Login = parsed.GetValue(login),
                    WithEvidence = true,
                },
            (parsed, report) => new BundleWriter(parsed.GetValue(output)!, report)
        );
        return verb;
    }

    /// <summary>Collects the lines of each host, and writes them when they are complete: a partial bundle is useless.</summary>
    private sealed class BundleWriter(DirectoryInfo folder, IReport report) : IReport
    {
        public ConvergeEventSink ForHost(string host, string reach)
        {
            var show = report.ForHost(host, reach);
            List<string> lines = [];
            return happened =>
            {
                if (happened is EvidenceTaken evidence)
                    lines.Add(evidence.Line);
                else
                    show(happened);
                if (happened is Explained)
                    show(new Noticed($"written: {Write(host, lines)}"));
            };
        }

        public void Problems(IReadOnlyList<Problem> problems) => report.Problems(problems);

        public void Summary(IReadOnlyList<HostOutcome> outcomes) => report.Summary(outcomes);

        /// <summary>Writes it readable by its owner only: it has no secrets, but reveals much about a host.</summary>
        private string Write(string host, List<string> lines)
        {
            var path = Path.Combine(folder.FullName, $"{host}.bundle");
            try
            {
                folder.Create();
                using var file = new StagedFile(path);
                using (var text = new StreamWriter(file.Open()))
                    foreach (var line in lines)
                        text.Write($"{line}\n");
                file.Publish();
                return path;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CloudletException(ErrorKind.ProcessFailed, $"can't write {path}: {e.Message}; give another --output folder", e);
            }
        }
    }
}
