using System.CommandLine;
using System.CommandLine.Invocation;
using Cloudlet.Errors;
using Cloudlet.ServiceApi.Client;

namespace Cloudlet.Cli.Remote;

/// <summary>Which service a verb uses, and how a verb uses one.</summary>
internal static class ServiceOptions
{
    /// <summary>Names a service, above the saved login.</summary>
    private const string Variable = "CLOUDLET_SERVICE";

    /// <summary>Where a service of this host listens.</summary>
    public const string LocalSocket = "unix:/run/cloudlet-service/api.sock";

    /// <summary>The option of verbs that can use a service.</summary>
    public static Option<string?> Service { get; } =
        new("--service")
        {
            Description =
                "Use this cloudlet service instead of a folder of this machine; by default $CLOUDLET_SERVICE, then what 'cloudlet login' "
                + "saved. "
                + "With --store, a folder is used.",
            HelpName = "URL|unix:PATH",
            Recursive = true,
        };

    /// <summary>
    /// The service that a command line asks for; null: a folder of this machine. InvalidInput when it asks for both, or an address is not
    /// valid.
    /// </summary>
    public static ServiceLogin? Find(ParseResult parsed)
    {
        var given = parsed.GetValue(Service);
        var store = parsed.CommandResult.Command.Options.Concat(Parents(parsed)).FirstOrDefault(o => o.Name == "--store");
        var isFolder = store is not null && parsed.GetResult(store) is { Implicit: false };
        if (given is not null && isFolder)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                "--store is a folder of this machine, --service another place: give one of them"
            );
        if (isFolder)
            return null;
        var address = given ?? (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set ? set : null);
        var saved = SavedLogin.Read();
        if (address is null)
            return saved;
        var login = ServiceLogin.Parse(address);
        return saved?.Address == login.Address ? saved : login;
    }

    /// <summary>The service for verbs that need one: without another, the one of this host.</summary>
    public static ServiceLogin Require(ParseResult parsed) => Find(parsed) ?? ServiceLogin.Parse(LocalSocket);

    /// <summary>What the verb does at a service; without one, it does what it did before.</summary>
    public static void OnService(this Command verb, Func<ServiceClient, ParseResult, CancellationToken, Task<int>> there)
    {
        var here = verb.Action;
        verb.SetAction(
            async (parsed, ct) =>
            {
                if (Find(parsed) is not { } login)
                    return here switch
                    {
                        AsynchronousCommandLineAction later => await later.InvokeAsync(parsed, ct),
                        SynchronousCommandLineAction now => now.Invoke(parsed),
                        _ => throw new InvalidOperationException($"verb {verb.Name} does nothing without a service"),
                    };
                using var client = new ServiceClient(login);
                return await there(client, parsed, ct);
            }
        );
    }

    private static IEnumerable<Option> Parents(ParseResult parsed)
    {
        for (var at = parsed.CommandResult.Parent; at is System.CommandLine.Parsing.CommandResult up; at = up.Parent)
            foreach (var option in up.Command.Options)
                yield return option;
    }
}
