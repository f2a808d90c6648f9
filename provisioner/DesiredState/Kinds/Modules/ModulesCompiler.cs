using Cloudlet.DesiredState.Kinds.Files;

namespace Cloudlet.DesiredState.Kinds.Modules;

/// <summary>
/// Modules: loaded now (<see cref="ModuleSpec"/>), loaded at boot (modules-load.d(5)) and with their options (modprobe.d(5)).
/// </summary>
internal static class ModulesCompiler
{
    public static IEnumerable<ResourceSpec> Compile(IReadOnlyDictionary<string, ModuleSection?>? modules)
    {
        if (modules is null || modules.Count == 0)
            yield break;

        var names = modules.Keys.Order(StringComparer.Ordinal).ToList();
        yield return BootFiles.Text("/etc/modules-load.d/50-cloudlet.conf", string.Join('\n', names) + "\n");
        foreach (var name in names)
        {
            string[] after = [];
            var options = OptionsOf(name, modules[name]);
            if (options.Count > 0)
            {
                var text = string.Join(' ', options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}={o.Value}"));
                var file = BootFiles.Text($"/etc/modprobe.d/50-cloudlet-{name}.conf", $"options {name} {text}\n");
                yield return file;
                after = [file.Id];
            }

            yield return new ModuleSpec
            {
                Id = ModuleSpec.IdOf(name),
                Name = name,
                Loaded = true,
                After = [.. after, .. modules[name]?.After ?? []],
            };
        }
    }

    private static Dictionary<string, string> OptionsOf(string name, ModuleSection? section)
    {
        var options = new Dictionary<string, string>(section?.Options ?? new Dictionary<string, string>(), StringComparer.Ordinal);

        // Without this option the driver creates an undescribed dummy0 when it is loaded.
        if (name == "dummy")
            options.TryAdd("numdummies", "0");
        return options;
    }
}
