using Cloudlet.DesiredState.Boot;
using Cloudlet.DesiredState.Files;
using Cloudlet.DesiredState.Health;
using Cloudlet.DesiredState.Links;
using Cloudlet.DesiredState.Programs;
using Cloudlet.DesiredState.Site;
using Cloudlet.DesiredState.Units;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Compile;

/// <summary>The health daemon of a host: its program, settings and unit, and the order of the units that need a link.</summary>
public static class HealthCompiler
{
    /// <summary>Name of the daemon's unit.</summary>
    public const string Unit = "cloudlet-healthd.service";

    private const string Program = "/usr/local/lib/cloudlet/cloudlet";
    private const string UnitFile = $"{BootFiles.UnitFolder}/{Unit}";

    /// <summary>Nothing for a host without a <c>health</c> section.</summary>
    internal static IEnumerable<ResourceSpec> Compile(HostDescription host)
    {
        if (host.Section.Health is not { } section)
            yield break;
        yield return new ProgramSpec { Id = ProgramSpec.IdOf(Program), Path = Program, Version = ProgramSpec.Current };
        yield return BootFiles.Text(HealthSettings.Path, "") with { Content = Settings(section, host).ToText() };
        yield return BootFiles.Text(UnitFile, new EmbeddedTemplates("health").Render("healthd.service", new ScriptObject { ["program"] = Program }));
        yield return new UnitSpec
        {
            Id = UnitSpec.IdOf(Unit),
            Name = Unit,
            Enabled = true,
            Running = true,
            Definition = UnitSpec.Current,
            Configuration = UnitSpec.Current,
            Loads = [UnitFile, HealthSettings.Path, Program],

            // The last of all: what it finds is as described then, and it has nothing to do while an apply works.
            After = [ProgramSpec.IdOf(Program), FileSpec.IdOf(UnitFile), FileSpec.IdOf(HealthSettings.Path)],
            Watches = [ProgramSpec.IdOf(Program), FileSpec.IdOf(UnitFile), FileSpec.IdOf(HealthSettings.Path)],
        };
        foreach (var name in UnitsThatNeedLinks(host))
        {
            yield return BootFiles.Folder($"{BootFiles.UnitFolder}/{name}.d");
            var dropIn = BootFiles.Text($"{BootFiles.UnitFolder}/{name}.d/10-cloudlet-links.conf", $"[Unit]\nWants={Unit}\nAfter={Unit}\n");
            yield return dropIn;
            yield return new UnitSpec { Id = UnitSpec.IdOf(name), Name = name, After = [dropIn.Id], Watches = [dropIn.Id] };
        }
    }

    private static HealthSettings Settings(HealthSection section, HostDescription host)
    {
        var standard = new HealthSettings();
        return new HealthSettings
        {
            FullLookSeconds = section.FullLook ?? standard.FullLookSeconds,
            Burst = section.Burst ?? standard.Burst,
            PerMinute = section.PerMinute ?? standard.PerMinute,
            GiveUpAfter = section.GiveUpAfter ?? standard.GiveUpAfter,
            Restarts = section.Restarts ?? standard.Restarts,
            Metrics = section.Metrics,
            Otlp = section.Otlp,
            OnAlarm = section.OnAlarm,
            WebhookFile = section.Webhook is { } name ? host.Section.Secrets?.GetValueOrDefault(name) : null,
        };
    }

    private static IEnumerable<string> UnitsThatNeedLinks(HostDescription host) => (host.Section.Units ?? new Dictionary<string, UnitSection>())
        .Where(unit => unit.Value.After?.Any(id => id.StartsWith(LinkSpec.IdOf(""), StringComparison.Ordinal)) == true)
        .Select(unit => unit.Key)
        .Order(StringComparer.Ordinal);
}
