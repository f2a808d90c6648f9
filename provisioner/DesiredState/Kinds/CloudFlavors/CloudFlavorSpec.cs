using Cloudlet.DesiredState.Kinds.Cloud;

namespace Cloudlet.DesiredState.Kinds.CloudFlavors;

/// <summary>A flavor (size of servers) of a cloud.</summary>
public sealed record CloudFlavorSpec : CloudSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "cloud-flavor";

    /// <summary>The id of the one that is named <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Memory in MiB.</summary>
    public int? Ram { get; init; }

    /// <summary>Virtual processors.</summary>
    public int? Vcpus { get; init; }

    /// <summary>Root disk in GiB.</summary>
    public int? Disk { get; init; }

    /// <summary>Whether every project may use it.</summary>
    public bool? Public { get; init; }

    /// <summary>Its extra specs, each as <c>KEY=VALUE</c>.</summary>
    public IReadOnlyList<string>? ExtraSpecs { get; init; }
}
