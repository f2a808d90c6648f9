using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Kinds.Conditions;

/// <summary>What a condition asks.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConditionKind>))]
public enum ConditionKind
{
    /// <summary>A GET request is answered with the expected status.</summary>
    [JsonStringEnumMemberName("http")]
    Http,

    /// <summary>A port accepts connections.</summary>
    [JsonStringEnumMemberName("tcp")]
    Tcp,

    /// <summary>The host has this name.</summary>
    [JsonStringEnumMemberName("hostname")]
    Hostname,
}

/// <summary>
/// Something outside of the description that must be true before what comes after it is touched, such as a service that answers.
/// </summary>
public sealed record ConditionSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "condition";

    /// <summary>Default for <see cref="TimeoutSeconds"/>: half an hour, for another host that is installed in the same run.</summary>
    public const int UsualTimeout = 1800;

    /// <summary>
    /// Default for <see cref="TimeoutSeconds"/> of a <see cref="ConditionKind.Hostname"/>: a wrong name rarely becomes right.
    /// </summary>
    public const int UsualHostnameTimeout = 60;

    /// <summary>Largest <see cref="TimeoutSeconds"/>: a day.</summary>
    public const int LongestTimeout = 86_400;

    /// <summary>Default for <see cref="RestartAfterSeconds"/>.</summary>
    public const int UsualRestartAfter = 120;

    /// <summary>Smallest <see cref="RestartAfterSeconds"/>: several requests must have failed.</summary>
    public const int ShortestRestartAfter = 10;

    /// <summary>The id of the condition <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it asks.</summary>
    public ConditionKind Kind { get; init; }

    /// <summary>A URL, <c>host:port</c>, or a host name.</summary>
    public required string Target { get; init; }

    /// <summary>The expected HTTP status; null: any from 200 to 299.</summary>
    public string? Expect { get; init; }

    /// <summary>Absolute path of the certificates that a server's certificate must be issued by; null: those of the system.</summary>
    public string? CaFile { get; init; }

    /// <summary>How many seconds an apply waits.</summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary>The unit that answers; the health daemon restarts it when it runs and does not answer. Null: none on this host.</summary>
    public string? RestartUnit { get; init; }

    /// <summary>For how many seconds it must have failed to answer before.</summary>
    public int? RestartAfterSeconds { get; init; }

    /// <summary>True: it holds. Null in a captured state: there is nothing to restore, and nothing is asked.</summary>
    public bool? Met { get; init; }
}
