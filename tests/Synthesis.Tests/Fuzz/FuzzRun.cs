using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Cloudlet.Synthesis.Tests.Fuzz;

/// <summary>Duration of a fuzzer: a number of rounds, or CLOUDLET_FUZZ_SECONDS; CLOUDLET_SEED is the seed.</summary>
/// <param name="rounds">Rounds when no time is given.</param>
internal sealed class FuzzRun(int rounds)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly int _seconds = Number("CLOUDLET_FUZZ_SECONDS", 0);

    /// <summary>Folder of the fuzzers and their corpora.</summary>
    public static string Folder { get; } = ThisFolder();

    /// <summary>The seed.</summary>
    public int Seed { get; } = Number("CLOUDLET_SEED", 1);

    /// <summary>Number of started rounds.</summary>
    public int Round { get; private set; }

    /// <summary>True when there is one more round.</summary>
    public bool Goes()
    {
        var goes = _seconds == 0 ? Round < rounds : _watch.Elapsed.TotalSeconds < _seconds;
        Round += goes ? 1 : 0;
        return goes;
    }

    /// <summary>An error that says where the file that caused it is kept.</summary>
    public static InvalidOperationException Kept(byte[] bytes, string what, Exception? cause)
    {
        var path = Path.Combine(Path.GetTempPath(), $"cloudlet-fuzz-{Guid.NewGuid():n}");
        File.WriteAllBytes(path, bytes);
        return new InvalidOperationException($"{what}. It is kept in {path}: put it into the corpus when the defect is fixed.", cause);
    }

    /// <inheritdoc/>
    public override string ToString() => $"seed {Seed}, round {Round}";

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : otherwise;

    private static string ThisFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
