using Cloudlet.Sites;
using Pulumi;

if (Environment.GetEnvironmentVariable("PULUMI_MONITOR") is not { Length: > 0 })
{
    await Console.Error.WriteLineAsync(
        """
        This program declares sites to Pulumi's engine, and is started by it:
          cd infra/Sites
          pulumi stack init lab
          pulumi config set files ../../templates/sites/single-host.yaml    # site files; or: pulumi config set site single-host
          pulumi preview
          pulumi up
        Without Pulumi, `cloudlet apply SITE.yaml` makes the same hosts.
        """
    );
    return 1;
}

return await Deployment.RunAsync(Program.Declare);

/// <summary>The program: one site per stack.</summary>
internal static partial class Program
{
    private static readonly Dictionary<string, Func<string, Site>> Sites = new(StringComparer.Ordinal)
    {
        ["single-host"] = static name => new SingleHost(name),
        ["controller-and-compute"] = static name => new ControllerAndCompute(name),
    };

    internal static IDictionary<string, object?> Declare()
    {
        var config = new Config();
        var (files, name) = (config.Get("files"), config.Get("site"));
        Site site = (files, name) switch
        {
            (null, not null) when Sites.TryGetValue(name, out var declare) => Made(name, declare),
            (null, not null) => throw new RunException($"unknown site \"{name}\"; this program has {string.Join(", ", Sites.Keys)}"),
            (not null, null) => new SiteFile(Deployment.Instance.StackName, files.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)),
            _ => throw new RunException(
                """
                A stack has one site, and it is either files or a class of this program; set one of the two:
                	pulumi config set files 'site.yaml more.yaml'
                	pulumi config set site single-host
                """
            ),
        };
        return site.Outputs();
    }

    /// <summary>Creates a site. If its class reads a missing file, that is reported like a missing file of a site file.</summary>
    private static Site Made(string name, Func<string, Site> declare)
    {
        try
        {
            return declare(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunException(
                $"site \"{name}\" reads a file that cannot be read: {e.Message} Paths are relative to {Environment.CurrentDirectory}",
                e
            );
        }
    }
}
