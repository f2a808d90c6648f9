using Cloudlet.Errors;

namespace Cloudlet.Lab.Model;

/// <summary>Kind of a lab host.</summary>
public enum LabHostKind
{
    /// <summary>A container that boots real systemd: files, units, packages, ssh and reboots as on a real host.</summary>
    Container,

    /// <summary>A named network namespace: only links, addresses and routes.</summary>
    Netns,
}

/// <summary>The system that configures a container's network at boot.</summary>
public enum LabBoot
{
    /// <summary>systemd-networkd.</summary>
    Networkd,

    /// <summary>ifupdown with /etc/network/interfaces.</summary>
    Ifupdown,
}

/// <summary>The user's specification of a host for <c>cloudlet lab up</c>.</summary>
/// <param name="Name">Host name: lower-case letters, digits and dashes, 1–40 characters.</param>
/// <param name="Kind">Container or plain network namespace.</param>
/// <param name="Boot">Network system of a container; a namespace has none.</param>
public sealed record LabHostSpec(string Name, LabHostKind Kind = LabHostKind.Container, LabBoot Boot = LabBoot.Networkd)
{
    /// <summary>Longest host name; leaves room for the lab's tag in the machine name.</summary>
    public const int MaxNameLength = 40;

    /// <summary>Debian packages besides the lab's. They are part of the image, because a lab host can't reach a mirror.</summary>
    public IReadOnlyList<string> Packages { get; init; } = [];

    /// <summary>An additional purpose of the image.</summary>
    public LabFlavor With { get; init; }

    /// <summary>Equal when both describe the same host; the order of packages does not matter.</summary>
    public bool Equals(LabHostSpec? other) =>
        other is not null
        && Name == other.Name
        && Kind == other.Kind
        && Boot == other.Boot
        && With == other.With
        && Packages.Order(StringComparer.Ordinal).SequenceEqual(other.Packages.Order(StringComparer.Ordinal));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Kind, Boot, Packages.Count);

    /// <summary>Throws InvalidInput with the first problem.</summary>
    public void Validate()
    {
        RequireHostName(Name);
        foreach (var package in Packages)
            if (!IsPackageName(package))
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"'{package}' is not the name of a Debian package (lower-case letters, digits, '+', '-', '.')."
                );
        if (Kind == LabHostKind.Netns && (Packages.Count > 0 || With != LabFlavor.None))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"lab host {Name} is a network namespace and shares this machine's files, so it can't have packages: use "
                    + "--kind container."
            );
    }

    /// <summary>Throws InvalidInput when it is not a valid name of a lab host.</summary>
    internal static void RequireHostName(string name)
    {
        if (!IsHostName(name))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"'{name}' is not a valid name of a lab host: use 1–{MaxNameLength} lower-case letters, digits and dashes, "
                    + "with a letter or digit at both ends."
            );
    }

    internal static bool IsHostName(string name) =>
        name.Length is > 0 and <= MaxNameLength
        && name[0] != '-'
        && name[^1] != '-'
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static bool IsPackageName(string name) =>
        name.Length > 1
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '+' or '-' or '.');
}
