using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Tests.Compile;

/// <summary>Compiles sections that tests build by hand.</summary>
internal static class TestHost
{
    public static readonly SourcePlace Place = new("site.yaml", 1, 1);

    public static CompiledHost Compile(
        HostSection section,
        string name = "edge-1",
        bool linksOnly = false,
        Dictionary<string, string>? templates = null
    ) =>
        HostCompiler.Compile(
            new HostDescription(name, section)
            {
                LinksOnly = linksOnly,
                ProblemAt = (message, keys) => new Problem(Place, string.Join('.', keys), message),
                ReadTemplate = path => templates?.GetValueOrDefault(path),
            }
        );

    public static HostState State(
        HostSection section,
        string name = "edge-1",
        bool linksOnly = false,
        Dictionary<string, string>? templates = null
    )
    {
        var compiled = Compile(section, name, linksOnly, templates);
        compiled.Problems.ShouldBeEmpty();
        return compiled.State.ShouldNotBeNull();
    }

    public static HostSection Links(BootNetwork boot, params (string Name, LinkSection Link)[] links) =>
        new() { Boot = boot, Links = links.ToDictionary(l => l.Name, l => l.Link) };

    public static T Resource<T>(this HostState state, string id)
        where T : ResourceSpec => state.Resources.Single(r => r.Id == id).ShouldBeOfType<T>();
}
