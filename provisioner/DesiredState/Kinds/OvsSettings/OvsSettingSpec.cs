namespace Cloudlet.DesiredState.Kinds.OvsSettings;

/// <summary>One key of the settings of the host's Open vSwitch (ovs-vswitchd.conf.db(5), table Open_vSwitch).</summary>
public sealed record OvsSettingSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "ovs-setting";

    /// <summary>The columns whose keys can be described.</summary>
    public static readonly IReadOnlyList<string> Columns = ["external_ids", "other_config"];

    /// <summary>The id of the setting <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Column and key as ovs-vsctl(8) takes them, such as <c>external_ids:ovn-remote</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The value.</summary>
    public string? Value { get; init; }
}
