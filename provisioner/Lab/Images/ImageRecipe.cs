using System.Text;
using Cloudlet.Lab.Model;

namespace Cloudlet.Lab.Images;

/// <summary>Everything that the content of an image depends on. Equal recipes have equal digests and share one image.</summary>
/// <param name="Release">Debian release.</param>
/// <param name="Boot">Network system that the image boots with; the other one is not installed, as on a real host.</param>
/// <param name="ExtraPackages">Packages besides the lab's.</param>
/// <param name="Sources">Apt sources of the packages.</param>
internal sealed record ImageRecipe(string Release, LabBoot Boot, IReadOnlyList<string> ExtraPackages, AptSources Sources) : Recipe
{
    /// <summary>An additional purpose of the image.</summary>
    public LabFlavor With { get; init; }

    /// <summary>The recipe of the system that the image is made from; every boot system and flavor has the same.</summary>
    public BaseRecipe Base => new(Release, Sources);

    /// <summary>All packages that the recipe names, sorted.</summary>
    public IReadOnlyList<string> Packages =>
        [
            .. BaseRecipe
                .Packages.Concat(Boot == LabBoot.Ifupdown ? ["ifupdown"] : [])
                .Concat(Flavor.Packages)
                .Concat(ExtraPackages)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>
    /// Commands for mmdebstrap's customize hooks; the image's root is <c>$1</c>. Host keys must differ between hosts; the rest disables
    /// background jobs that need the network, which a lab host lacks.
    /// </summary>
    public IReadOnlyList<string> Hooks =>
        [
            "rm -f \"$1\"/etc/ssh/ssh_host_*",
            "chroot \"$1\" systemctl mask apt-daily.timer apt-daily-upgrade.timer",
            Boot == LabBoot.Networkd
                ? "chroot \"$1\" systemctl enable systemd-networkd.service"
                : "chroot \"$1\" systemctl enable networking.service",
            .. Flavor.Hooks,
        ];

    /// <summary>What the additional purpose adds, and how long the build takes with it.</summary>
    private (IReadOnlyList<string> Packages, IReadOnlyList<string> Hooks, string Takes) Flavor =>
        With switch
        {
            LabFlavor.Nova => (NovaImage.Packages, NovaImage.Hooks, "about three minutes"),
            LabFlavor.OpenStack => (OpenStackImage.Packages, OpenStackImage.Hooks, "about five minutes"),
            _ => ([], [], "some seconds"),
        };

    /// <inheritdoc/>
    public override string Title
    {
        get
        {
            var with = With == LabFlavor.None ? "" : $" and {With}";
            return $"a Debian {Release} image with {Boot.ToString().ToLowerInvariant()}{with} (once, needs the network, {Flavor.Takes})";
        }
    }

    /// <inheritdoc/>
    public override string Text
    {
        get
        {
            var text = new StringBuilder();
            text.Append("release ").Append(Release).Append('\n');
            text.Append("packages ").AppendJoin(' ', Packages).Append('\n');
            foreach (var hook in Hooks)
                text.Append("hook ").Append(hook).Append('\n');
            foreach (var line in Sources.Lines)
                text.Append("source ").Append(line).Append('\n');
            return text.ToString();
        }
    }

    /// <summary>
    /// Arguments for mmdebstrap, which only mounts, updates package lists, runs hooks and cleans up: <paramref name="target"/> is a copy of
    /// the base without its /dev.
    /// </summary>
    public override IReadOnlyList<string> Arguments(string target, string logFile) =>
        [
            "--variant=custom",
            "--skip=check/empty",
            "--format=directory",
            $"--logfile={logFile}",
            .. Sources.OptionFiles.Select(f => $"--aptopt={f}"),
            $"--customize-hook={PackageHook.Command([.. Packages.Except(BaseRecipe.Packages)])}",
            .. Hooks.Select(h => $"--customize-hook={h}"),
            Release,
            target,
            .. Sources.Lines,
        ];
}
