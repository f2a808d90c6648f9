using Cloudlet.DesiredState.Site.Yaml;

namespace Cloudlet.DesiredState.Sections;

/// <summary>The key <c>options</c> of a role: options of configuration files that the role describes.</summary>
internal static class RoleOptions
{
    /// <summary>Moves the options to the files that they are about; the nodes keep their places.</summary>
    /// <param name="described">The host.</param>
    /// <param name="role">Key of the role's section.</param>
    /// <param name="pathOf">The path of a file by its name in <c>options</c>; null: the role has no such file.</param>
    public static YamlMapping Of(YamlMapping described, string role, Func<string, string?> pathOf)
    {
        var files = new List<YamlEntry>();
        var options =
            described.TryGet(role, out var found) && found.Value is YamlMapping section && section.TryGet("options", out var given)
                ? given.Value as YamlMapping
                : null;
        foreach (var entry in options?.Entries ?? [])
        {
            if (entry.Value is YamlMapping && pathOf(entry.Key) is { } path)
                files.Add(Below(Below(entry with { Key = "options" }, "oslo"), path));
        }

        return new YamlMapping(described.Place, [new YamlEntry("files", described.Place, new YamlMapping(described.Place, files))]);

        static YamlEntry Below(YamlEntry entry, string key) => new(key, entry.KeyPlace, new YamlMapping(entry.Value.Place, [entry]));
    }
}
