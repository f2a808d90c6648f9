using Cloudlet.Errors;
using Cloudlet.Lab.Model;
using Cloudlet.Lab.Native;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Lab.Images;

/// <summary>Root file systems of lab hosts. Only building one needs the network.</summary>
internal sealed class LabImages
{
    /// <summary>The Debian release that lab hosts run.</summary>
    public const string Release = "bookworm";

    private static readonly TimeSpan BuildTimeout = TimeSpan.FromMinutes(40);
    private static readonly TimeSpan CopyTimeout = TimeSpan.FromMinutes(5);

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

    /// <summary>The image for a host; it is built unless the store has it. Concurrent builders of one image wait for each other.</summary>
    public async Task<LabImage> PrepareAsync(LabHostSpec spec, IProgress<string> progress, CancellationToken ct)
    {
        var recipe = new ImageRecipe(Release, spec.Boot, spec.Packages, AptSources.Read("/etc/apt", Release)) { With = spec.With };
        var root = RootOf(recipe.Digest);
        if (Directory.Exists(root))
            return new LabImage(recipe.Digest, root, Built: false);
        using var exclusive = await LockAsync(recipe, ct);
        if (Directory.Exists(root))
            return new LabImage(recipe.Digest, root, Built: false);
        await BuildAsync(recipe, target => CopyBaseAsync(recipe.Base, target, progress, ct), progress, ct);
        return new LabImage(recipe.Digest, root, Built: true);
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
                MountTable.DeleteFolder(Path.Combine(_store.ImagesFolder, digest));
                MountTable.DeleteFolder(BuildingFolder(digest));
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

    private async Task BuildAsync(Recipe recipe, Func<string, Task> begin, IProgress<string> progress, CancellationToken ct)
    {
        var building = BuildingFolder(recipe.Digest);
        MountTable.DeleteFolder(building); // left by a killed build; we hold the lock, so no other build uses it
        var root = Path.Combine(building, "root");
        Directory.CreateDirectory(building);
        var log = Path.Combine(building, "build.log");
        try
        {
            await begin(root);
            progress.Report($"building {recipe.Title}");
            var build = _processes.RunAsync(HelperPrograms.Mmdebstrap, recipe.Arguments(root, log), BuildTimeout, ct);
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
            Directory.Move(building, Path.Combine(_store.ImagesFolder, recipe.Digest));
        }
        catch
        {
            MountTable.DeleteFolder(building);
            throw;
        }
    }

    // A copy takes a second, the base half a minute. The lock is held until it is copied, so that it is not pruned meanwhile. mmdebstrap
    // makes /dev itself, and fails where that has entries.
    private async Task CopyBaseAsync(BaseRecipe recipe, string target, IProgress<string> progress, CancellationToken ct)
    {
        using var exclusive = await LockAsync(recipe, ct);
        if (!Directory.Exists(RootOf(recipe.Digest)))
            await BuildAsync(recipe, _ => Task.CompletedTask, progress, ct);
        Directory.CreateDirectory(target);
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(target)!, PackageHook.FileName), PackageHook.Script, ct);
        var entries = Directory.EnumerateFileSystemEntries(RootOf(recipe.Digest)).Where(e => Path.GetFileName(e) != "dev");
        var copy = await _processes.RunAsync(
            HelperPrograms.Copy,
            ["-a", "--reflink=auto", "-t", target, "--", .. entries],
            CopyTimeout,
            ct
        );
        if (copy.ExitCode != 0)
            throw new CloudletException(
                copy.Error.Contains("No space left", StringComparison.Ordinal) ? ErrorKind.NoSpace : ErrorKind.ProcessFailed,
                $"cp could not {HelperPrograms.Copy.Why} (exit code {copy.ExitCode}): {TextTail.Of(copy.Error.Split('\n'), 5).Trim()}"
            );
    }

    // mmdebstrap and our hook mark steps with "I: "; warnings, apt's output, the text of hooks and what is skipped are only logged.
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
        line.StartsWith("I: ", StringComparison.Ordinal)
        && !line.Contains("-hook", StringComparison.Ordinal)
        && !line.Contains("skipping", StringComparison.Ordinal);

    private Task<IDisposable> LockAsync(Recipe recipe, CancellationToken ct) =>
        LabLock.AcquireAsync(LockOf(recipe.Digest), BuildTimeout, _clock, ct);

    private string LockOf(string digest) => Path.Combine(_store.ImagesFolder, $"{digest}.lock");

    private string BuildingFolder(string digest) => Path.Combine(_store.ImagesFolder, $"{digest}.building");
}
