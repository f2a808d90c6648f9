using Cloudlet.DesiredState.Health;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Programs;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Compile;

/// <summary>The health daemon of a host: its program, settings and unit, and the order of the units that need a link.</summary>
public static class HealthCompiler
{
    /// <summary>Id of the daemon's unit.</summary>
    public static string UnitId => UnitSpec.IdOf(Unit);

    /// <summary>Name of the daemon's unit.</summary>
    public const string Unit = "cloudlet-healthd.service";

    /// <summary>The program that the unit runs.</summary>
    public const string Program = "/usr/local/lib/cloudlet/cloudlet";

    /// <summary>
    /// A second copy in another folder: the unit runs it when the first one does not run, so that healing survives the loss of both the
    /// file and the process.
    /// </summary>
    private const string Spare = "/var/lib/cloudlet/program/cloudlet";
    private const string UnitFile = $"{BootFiles.UnitFolder}/{Unit}";

    /// <summary>Empty for a host without a <c>health</c> section.</summary>
    internal static IEnumerable<ResourceSpec> Compile(HostDescription host)
    {
        if (host.Section.Health is not { } section)
            yield break;
        yield return new ProgramSpec
        {
            Id = ProgramSpec.IdOf(Program),
            Path = Program,
            Version = ProgramSpec.Current,
        };
        yield return new ProgramSpec
        {
            Id = ProgramSpec.IdOf(Spare),
            Path = Spare,
            Version = ProgramSpec.Current,
        };
        yield return BootFiles.Text(HealthSettings.Path, "") with
        {
            Content = Settings(section, host).ToText(),
        };
        yield return BootFiles.Text(
            UnitFile,
            new EmbeddedTemplates("health").Render("healthd.service", new ScriptObject { ["program"] = Program, ["spare"] = Spare })
        );
        yield return new UnitSpec
        {
            Id = UnitSpec.IdOf(Unit),
            Name = Unit,
            Enabled = true,
            Running = true,
            Definition = UnitSpec.Current,
            Configuration = UnitSpec.Current,
            Loads = [UnitFile, HealthSettings.Path, Program],

            // Last of all: everything is as described when it starts, and it has nothing to do during an apply.
            After = [ProgramSpec.IdOf(Program), ProgramSpec.IdOf(Spare), FileSpec.IdOf(UnitFile), FileSpec.IdOf(HealthSettings.Path)],
            Watches = [ProgramSpec.IdOf(Program), FileSpec.IdOf(UnitFile), FileSpec.IdOf(HealthSettings.Path)],
        };
        foreach (var name in UnitsThatNeedLinks(host))
        {
            yield return BootFiles.Folder($"{BootFiles.UnitFolder}/{name}.d");
            var dropIn = BootFiles.Text($"{BootFiles.UnitFolder}/{name}.d/10-cloudlet-links.conf", $"[Unit]\nWants={Unit}\nAfter={Unit}\n");
            yield return dropIn;
            yield return new UnitSpec
            {
                Id = UnitSpec.IdOf(name),
                Name = name,
                After = [dropIn.Id],
                Watches = [dropIn.Id],
            };
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
            WebhookFile = section.Webhook is { } name ? host.Section.SecretPath(name) : null,
        };
    }

    private static IEnumerable<string> UnitsThatNeedLinks(HostDescription host) =>
        (host.Section.Units ?? new Dictionary<string, UnitSection>())
            .Where(unit => unit.Value.After?.Any(id => id.StartsWith(LinkSpec.IdOf(""), StringComparison.Ordinal)) == true)
            .Select(unit => unit.Key)
            .Order(StringComparer.Ordinal);
}
