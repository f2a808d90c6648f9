using System.CommandLine;
using Cloudlet.Cli.Hosts;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet collect</c>: the evidence of hosts as files, for whoever explains it elsewhere.</summary>
internal static class CollectVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("collect", "Write what hosts show into bundles (HOST.bundle), without secrets, for `cloudlet explain --bundle` on another machine. Changes nothing on the host.")
        {
            Examples = [("cloudlet collect site.yaml --output /tmp/evidence", "every host of the site"), ("cloudlet collect", "this machine, into this folder")],
            Exits = [(ExitCodes.Failed, "a host could not be reached, or its bundle not be written")],
        };
        var server = ExplainVerb.Server();
        var output = new Option<DirectoryInfo>("--output", "-o") { Description = "Folder that the bundles are written to.", HelpName = "FOLDER", DefaultValueFactory = _ => new DirectoryInfo(".") };
        verb.Options.Add(server);
        verb.Options.Add(output);
        new HostVerbFrame().Build(
            verb,
            needsState: false,
            (parsed, _) => new HostRequest(HostVerb.Explain) { Server = parsed.GetValue(server), WithEvidence = true },
            (parsed, report) => new BundleWriter(parsed.GetValue(output)!, report));
        return verb;
    }

    /// <summary>Keeps the lines of each host, and writes them when all are there: half a bundle is none.</summary>
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

        /// <summary>Only its owner may read it: it says much about a host, though no secret.</summary>
        private string Write(string host, List<string> lines)
        {
            var path = Path.Combine(folder.FullName, $"{host}.bundle");
            try
            {
                folder.Create();
                using var file = new FileStream($"{path}.new", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
                using (var text = new StreamWriter(file))
                    foreach (var line in lines)
                        text.Write($"{line}\n");
                File.Move($"{path}.new", path, overwrite: true);
                return path;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CloudletException(ErrorKind.ProcessFailed, $"write {path}: {e.Message}; name another folder with --output", e);
            }
        }
    }
}
