using Cloudlet.Errors;
using Cloudlet.Lab.Model;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Lab.Images;

/// <summary>Root file systems of lab hosts. Only building one needs the network.</summary>
internal sealed class LabImages
{
    /// <summary>The Debian release that lab hosts run.</summary>
    public const string Release = "bookworm";

    private static readonly TimeSpan BuildTimeout = TimeSpan.FromMinutes(20);

    private readonly LabStore _store;
    private readonly IProcesses _processes;
    private readonly TimeProvider _clock;

    public LabImages(LabStore store, IProcesses processes, TimeProvider clock)
    {
        _store = store;
        _processes = processes;
        _clock = clock;
    }

    /// <summary>Root folder of an image.</summary>
    public string RootOf(string digest) => Path.Combine(_store.ImagesFolder, digest, "root");

    /// <summary>
    /// Digest of the image for a host; the image is built unless the store has it. Concurrent builders of one image wait for each other.
    /// </summary>
    public async Task<string> GetAsync(LabHostSpec spec, IProgress<string> progress, CancellationToken ct)
    {
        var recipe = new ImageRecipe(Release, spec.Boot, spec.Packages, AptSources.Read("/etc/apt", Release)) { With = spec.With };
        var digest = recipe.Digest;
        if (Directory.Exists(RootOf(digest)))
            return digest;
        using var exclusive = await LabLock.AcquireAsync(LockOf(digest), BuildTimeout, _clock, ct);
        if (!Directory.Exists(RootOf(digest)))
            await BuildAsync(recipe, progress, ct);
        return digest;
    }

    /// <summary>
    /// Removes every image whose digest is not in <paramref name="used"/>, and leftovers of killed builds; returns the digests. An image
    /// that is being built is kept.
    /// </summary>
    public async Task<IReadOnlyList<string>> PruneAsync(IReadOnlyCollection<string> used, CancellationToken ct)
    {
        if (!Directory.Exists(_store.ImagesFolder))
            return [];
        var pruned = new List<string>();
        foreach (
            var digest in Directory
                .EnumerateDirectories(_store.ImagesFolder)
                .Select(d => Path.GetFileNameWithoutExtension(d))
                .Distinct()
                .ToList()
        )
        {
            if (used.Contains(digest))
                continue;
            try
            {
                using var exclusive = await LabLock.AcquireAsync(LockOf(digest), TimeSpan.Zero, _clock, ct);
                DeleteFolder(Path.Combine(_store.ImagesFolder, digest));
                DeleteFolder(BuildingFolder(digest));
                File.Delete(LockOf(digest));
                pruned.Add(digest);
            }
            catch (CloudletException e) when (e.Kind == ErrorKind.Busy)
            {
                continue;
            }
        }

        return pruned;
    }

    private async Task BuildAsync(ImageRecipe recipe, IProgress<string> progress, CancellationToken ct)
    {
        var final = Path.Combine(_store.ImagesFolder, recipe.Digest);
        var building = BuildingFolder(recipe.Digest);
        DeleteFolder(building); // left by a killed build; we hold the lock, so no other build uses it
        Directory.CreateDirectory(building);
        var log = Path.Combine(building, "build.log");
        var boot = recipe.Boot.ToString().ToLowerInvariant();
        var (with, time) = recipe.With == LabFlavor.Nova ? (" and Nova", "five minutes") : ("", "half a minute");
        progress.Report($"building a Debian {recipe.Release} image with {boot}{with} (once, needs the network, about {time})");
        try
        {
            var build = _processes.RunAsync(
                HelperPrograms.Mmdebstrap,
                recipe.Arguments(Path.Combine(building, "root"), log),
                BuildTimeout,
                ct
            );
            await FollowAsync(log, build, progress, ct);
            var result = await build;
            if (result.ExitCode != 0)
                throw new CloudletException(
                    ErrorKind.ProcessFailed,
                    $"mmdebstrap could not build the lab image (exit code {result.ExitCode}). Its log ends "
                        + $"with:\n{TextTail.OfFile(log, 15)}{result.Error}\n"
                        + "Check that this machine reaches the mirrors of /etc/apt/sources.list* and that the extra packages exist, "
                        + "then try again."
                );
            await File.WriteAllTextAsync(Path.Combine(building, "recipe"), recipe.Text, ct);
            Directory.Move(building, final);
        }
        catch
        {
            DeleteFolder(building);
            throw;
        }
    }

    // mmdebstrap marks its steps with "I: "; warnings, apt's output and the text of our hooks are only logged.
    private async Task FollowAsync(string log, Task build, IProgress<string> progress, CancellationToken ct)
    {
        var reported = 0;
        while (!build.IsCompleted)
        {
            await Task.WhenAny(build, Task.Delay(TimeSpan.FromMilliseconds(300), _clock, ct));
            if (!File.Exists(log))
                continue;
            var steps = (await File.ReadAllLinesAsync(log, CancellationToken.None)).Where(IsStep).ToList();
            for (; reported < steps.Count; reported++)
                progress.Report(steps[reported][3..]);
        }
    }

    private static bool IsStep(string line) =>
        line.StartsWith("I: ", StringComparison.Ordinal) && !line.Contains("-hook", StringComparison.Ordinal);

    private string LockOf(string digest) => Path.Combine(_store.ImagesFolder, $"{digest}.lock");

    private string BuildingFolder(string digest) => Path.Combine(_store.ImagesFolder, $"{digest}.building");

    private static void DeleteFolder(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
