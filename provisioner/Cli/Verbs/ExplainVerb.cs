using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Output;
using Cloudlet.Errors;
using Cloudlet.Explain;
using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet explain</c>: why a host or its cloud does not do what it should.</summary>
internal static class ExplainVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand(
            "explain",
            "Explain why a host or its cloud does not do what it should: ranked causes, with the evidence for each, what the health daemon "
                + "does about it, and what you have to do. Changes nothing."
        )
        {
            Examples =
            [
                ("cloudlet explain site.yaml", "every host of the site"),
                (
                    ". openrc; cloudlet explain --server 1c2d…",
                    "this machine, and the server that failed; the API account is taken from the environment"
                ),
                ("cloudlet explain --login kim", "this machine's cloud, and an account that does not work"),
                ("cloudlet explain --bundle edge-1.bundle", "evidence that was collected before, without reaching the host"),
            ],
            Exits =
            [
                (ExitCodes.Failed, "a host could not be reached or examined"),
                (ExitCodes.Invalid, "a bundle or the command line is not valid"),
            ],
        };
        var server = Server();
        var port = Port();
        var login = Login();
        var bundles = new Option<FileInfo[]>("--bundle")
        {
            Description = "Explain a bundle of `cloudlet collect` instead of a host. May be given several times.",
            HelpName = "FILE",
        };
        verb.Options.Add(server);
        verb.Options.Add(port);
        verb.Options.Add(login);
        verb.Options.Add(bundles);
        new HostVerbFrame
        {
            Instead = (parsed, json) =>
                parsed.GetValue(bundles) is { Length: > 0 } files ? Offline(files, json, parsed.InvocationConfiguration.Output) : null,
        }.Build(
            verb,
            needsState: false,
            (parsed, _) =>
                new AgentRequest(HostVerb.Explain)
                {
                    Server = parsed.GetValue(server),
                    Port = parsed.GetValue(port),
                    Login = parsed.GetValue(login),
                }
        );
        return verb;
    }

    /// <summary>The option for a server.</summary>
    public static Option<string?> Server() =>
        new("--server") { Description = "Id of a server that could not be scheduled; else the newest one in ERROR.", HelpName = "ID" };

    /// <summary>The option for a port.</summary>
    public static Option<string?> Port() => new("--port") { Description = "Id of a port of Neutron that does not work.", HelpName = "ID" };

    /// <summary>The option for an account of the cloud.</summary>
    public static Option<string?> Login() =>
        new("--login") { Description = "Name of an account of the cloud that cannot log in, or may do nothing.", HelpName = "USER" };

    private static int Offline(IReadOnlyList<FileInfo> files, bool json, TextWriter output)
    {
        foreach (var file in files)
        {
            var explanation = Explanation.Of(Read(file));
            if (json)
                output.WriteLine(explanation.ToJson());
            else
                new ExplanationText(output).Write(explanation);
        }

        return ExitCodes.Ok;
    }

    private static Bundle Read(FileInfo file)
    {
        try
        {
            using var stream = file.OpenRead();
            return BundleFile.Read(stream);
        }
        catch (CloudletException e)
        {
            throw new CloudletException(e.Kind, $"{file}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CloudletException(ErrorKind.InvalidInput, $"can't read bundle {file}: {e.Message}; `cloudlet collect` makes one", e);
        }
    }
}
