using System.Collections.Immutable;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Site;
using Pulumi;

namespace Cloudlet.Sites;

/// <summary>A site from site files, the same that <c>cloudlet apply</c> reads.</summary>
public sealed class SiteFile : Site
{
    /// <summary>Declares the hosts of site files.</summary>
    /// <param name="name">Name of the site if the files have none.</param>
    /// <param name="paths">The files, relative to the program's folder; later files override earlier ones.</param>
    /// <param name="options">How the engine treats the site.</param>
    /// <exception cref="RunException">The files have errors; the message lists every problem with its place, and nothing has been
    /// declared.</exception>
    public SiteFile(string name, IReadOnlyList<string> paths, ComponentResourceOptions? options = null)
        : this(name, Load(paths), options) { }

    private SiteFile(string name, LoadedSite site, ComponentResourceOptions? options)
        : base(site.Name ?? name, options)
    {
        var files = new DiskSiteFiles();
        foreach (var host in site.Hosts)
            Keep(host.Name, new Host(host.Name, InputsOf(host, files), Below(null)));
        RegisterOutputs();
    }

    private static LoadedSite Load(IReadOnlyList<string> paths)
    {
        var (site, problems) = SiteLoader.Load(paths, new DiskSiteFiles());
        return site
            ?? throw new RunException(
                $"{string.Join(", ", paths)}: {problems.Count} "
                    + $"{(problems.Count == 1 ? "problem" : "problems")}\n{string.Join('\n', problems)}"
            );
    }

    private static DictionaryResourceArgs InputsOf(SiteHost host, DiskSiteFiles files)
    {
        var inputs = host.ToJson().EnumerateObject().ToImmutableDictionary(static p => p.Name, static p => (object?)p.Value);
        var templates = host
            .Described.Files?.Values.Select(static f => f.Template)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .ToImmutableDictionary(static path => path, files.ReadText, StringComparer.Ordinal);
        return new DictionaryResourceArgs(
            inputs.SetItem("name", host.Name).SetItem("templates", templates is { Count: > 0 } ? templates : null)
        );
    }
}
