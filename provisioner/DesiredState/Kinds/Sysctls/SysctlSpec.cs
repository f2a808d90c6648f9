namespace Cloudlet.DesiredState.Kinds.Sysctls;

/// <summary>A setting of the kernel now (sysctl(8)). Its value at boot is a file, compiled beside it.</summary>
public sealed record SysctlSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "sysctl";

    /// <summary>Name as sysctl.d(5) takes it: <c>net.ipv4.ip_forward</c>, or with slashes where a part has a dot.</summary>
    public required string Name { get; init; }

    /// <summary>The value, words separated by one space.</summary>
    public string? Value { get; init; }

    /// <summary>The id of the setting <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>
    /// Path below /proc/sys of a name. When its first separator is a slash, slashes separate and dots stand for themselves; otherwise dots
    /// separate and a slash stands for a dot (sysctl.d(5)).
    /// </summary>
    public static string PathOf(string name) =>
        name.IndexOfAny(['.', '/']) is var first && first >= 0 && name[first] == '/'
            ? name
            : string.Concat(
                name.Select(static c =>
                    c switch
                    {
                        '.' => '/',
                        '/' => '.',
                        _ => c,
                    }
                )
            );

    /// <summary>A value as it is compared: the kernel separates words by tabs, a person by spaces.</summary>
    public static string Normalized(string value) => string.Join(' ', value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
