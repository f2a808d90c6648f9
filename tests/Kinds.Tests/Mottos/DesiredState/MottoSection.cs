using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.Kinds.Tests.Mottos.DesiredState;

/// <summary>One motto.</summary>
[Description("One motto, a line that a host keeps.")]
public sealed record MottoSection
{
    /// <summary>The line.</summary>
    [Description("The line.")]
    public string? Text { get; init; }

    /// <summary>How often it is said.</summary>
    [Description("How often it is said.")]
    [SchemaRange(1, 9)]
    public int? Times { get; init; }
}

/// <summary>The section <c>mottos</c> of a host.</summary>
public static class HostMottos
{
    /// <summary>Key of the section.</summary>
    public const string Key = "mottos";

    extension(HostSection host)
    {
        /// <summary>Name → motto.</summary>
        internal IReadOnlyDictionary<string, MottoSection>? Mottos => host.Section<MottoSection>(Key);
    }
}
