using System.Globalization;

namespace Cloudlet.Wire.Values;

/// <summary>Path of a property, as the engine writes it: <c>links.eth0.addresses[0]</c>, <c>files["/etc/motd"].mode</c>.</summary>
/// <param name="Text">The path; empty for the root.</param>
public readonly record struct PropertyPath(string Text)
{
    /// <summary>The root.</summary>
    public static PropertyPath Root { get; } = new("");

    /// <summary>The path to a key below this one.</summary>
    public PropertyPath Key(string key) =>
        IsPlain(key)
            ? new PropertyPath(string.IsNullOrEmpty(Text) ? key : $"{Text}.{key}")
            : new PropertyPath(
                $"{Text}[\"{key.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"]"
            );

    /// <summary>The path to an item below this one, counted from 0.</summary>
    public PropertyPath Index(int index) => new(string.Create(CultureInfo.InvariantCulture, $"{Text}[{index}]"));

    /// <inheritdoc/>
    public override string ToString() => Text ?? "";

    // Quoted when in doubt: the engine reads both forms.
    private static bool IsPlain(string key) =>
        key.Length > 0
        && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '/')
        && !char.IsAsciiDigit(key[0])
        && key[0] != '/';
}
