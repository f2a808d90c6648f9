namespace Cloudlet.Benchmarks.Common;

/// <summary>Measured values of one kind, in one unit.</summary>
/// <param name="Values">In the order of measurement.</param>
internal sealed record Samples(IReadOnlyList<double> Values)
{
    /// <summary>The smallest measured value that a <paramref name="share"/> (0–1) of all does not exceed; no interpolation.</summary>
    public double At(double share)
    {
        var sorted = Values.Order().ToList();
        return sorted.Count == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Count) - 1, 0, sorted.Count - 1)];
    }

    /// <summary>The median.</summary>
    public double P50 => At(0.5);

    /// <summary>The 99th percentile.</summary>
    public double P99 => At(0.99);

    /// <summary>The largest.</summary>
    public double Max => At(1);
}
