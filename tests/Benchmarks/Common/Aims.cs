using System.Text;

namespace Cloudlet.Benchmarks.Common;

/// <summary>An aim and the measured value.</summary>
/// <param name="Text">The aim with its limit and unit.</param>
/// <param name="Measured">The value with its unit.</param>
/// <param name="Met">Whether it was met.</param>
internal sealed record Aim(string Text, string Measured, bool Met)
{
    /// <summary>An aim that a value is at most its limit.</summary>
    public static Aim AtMost(string text, double limit, double value, string unit) =>
        new($"{text} ≤ {limit:0.##} {unit}", $"{value:0.00} {unit}", value <= limit);

    /// <summary>The table; it shows missed aims as clearly as met ones.</summary>
    public static void Table(StringBuilder text, IEnumerable<Aim> aims)
    {
        text.AppendLine().AppendLine("| aim | measured | |").AppendLine("| --- | --- | --- |");
        foreach (var aim in aims)
            text.AppendLine($"| {aim.Text} | {aim.Measured} | {(aim.Met ? "met" : "MISSED")} |");
    }
}
