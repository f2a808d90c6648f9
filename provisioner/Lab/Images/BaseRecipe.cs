namespace Cloudlet.Lab.Images;

/// <summary>The Debian system that all images of a store are copies of. No host runs it as it is.</summary>
/// <param name="Release">Debian release.</param>
/// <param name="Sources">Apt sources of the packages.</param>
internal sealed record BaseRecipe(string Release, AptSources Sources) : Recipe
{
    /// <summary>The packages of every image.</summary>
    public static IReadOnlyList<string> Packages { get; } =
    ["systemd", "systemd-sysv", "dbus", "iproute2", "kmod", "udev", "procps", "openssh-server", "ca-certificates"];

    /// <inheritdoc/>
    public override string Title => $"the Debian {Release} system of all images (once, needs the network, about half a minute)";

    /// <inheritdoc/>
    public override string Text =>
        $"base of release {Release}\npackages {string.Join(' ', Packages)}\n{string.Concat(Sources.Lines.Select(l => $"source {l}\n"))}";

    /// <summary>Arguments for mmdebstrap. Package lists stay, so that an image downloads only what changed since.</summary>
    public override IReadOnlyList<string> Arguments(string target, string logFile) =>
        [
            "--variant=minbase",
            "--skip=cleanup/apt/lists",
            "--format=directory",
            $"--include={string.Join(',', Packages)}",
            $"--logfile={logFile}",
            .. Sources.OptionFiles.Select(f => $"--aptopt={f}"),
            Release,
            target,
            .. Sources.Lines,
        ];
}
