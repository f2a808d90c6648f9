using Cloudlet.Errors;
using Cloudlet.Lab.Images;
using Cloudlet.Lab.Model;
using Cloudlet.Machine.Processes;
using NSubstitute;

namespace Cloudlet.Lab.Tests.LabHosts;

public sealed class LabImagesSpecs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lab-images");
    private readonly IProcesses _processes = Substitute.For<IProcesses>();
    private readonly LabStore _store;
    private readonly LabHostSpec _spec = new("edge-1");

    public LabImagesSpecs() => _store = new LabStore(_folder.FullName);

    private LabImages Images => new(_store, _processes, TimeProvider.System);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Builders_of_one_image_wait_for_each_other_and_build_it_once()
    {
        var builds = 0;
        MmdebstrapDoes(async root =>
        {
            Interlocked.Increment(ref builds);
            await Task.Yield();
            Directory.CreateDirectory(root);
            return new ProcessResult(0, "", "");
        });

        var digests = await Task.WhenAll(
            Enumerable.Range(0, 5).Select(_ => Task.Run(() => Images.GetAsync(_spec, new Progress<string>(), CancellationToken.None)))
        );

        builds.ShouldBe(1);
        digests.Distinct().ShouldHaveSingleItem();
        Directory.Exists(Images.RootOf(digests[0])).ShouldBeTrue();
        Directory.EnumerateDirectories(_store.ImagesFolder).Select(Path.GetFileName).ShouldBe([digests[0]]);
    }

    [Fact]
    public async Task A_failed_build_leaves_no_image_and_shows_mmdebstraps_output()
    {
        MmdebstrapDoes(root =>
        {
            Directory.CreateDirectory(root);
            File.WriteAllText(
                Path.Combine(Path.GetDirectoryName(root)!, "build.log"),
                "I: downloading\nE: Unable to locate package nosuch\n"
            );
            return Task.FromResult(new ProcessResult(25, "", ""));
        });

        var error = await Should.ThrowAsync<CloudletException>(() =>
            Images.GetAsync(_spec, new Progress<string>(), CancellationToken.None)
        );

        error.Kind.ShouldBe(ErrorKind.ProcessFailed);
        error.Message.ShouldContain("Unable to locate package nosuch");
        error.Message.ShouldContain("exit code 25");
        Directory.EnumerateDirectories(_store.ImagesFolder).ShouldBeEmpty();
    }

    [Fact]
    public async Task Leftovers_of_a_killed_build_do_not_count_as_an_image()
    {
        MmdebstrapDoes(root =>
        {
            Directory.Exists(root).ShouldBeFalse();
            Directory.CreateDirectory(root);
            return Task.FromResult(new ProcessResult(0, "", ""));
        });
        var digest = await Images.GetAsync(_spec, new Progress<string>(), CancellationToken.None);
        Directory.Move(Path.Combine(_store.ImagesFolder, digest), Path.Combine(_store.ImagesFolder, $"{digest}.building"));

        (await Images.GetAsync(_spec, new Progress<string>(), CancellationToken.None)).ShouldBe(digest);
        Directory.Exists(Path.Combine(_store.ImagesFolder, $"{digest}.building")).ShouldBeFalse();
    }

    [Fact]
    public async Task Prune_removes_images_that_no_host_uses_and_nothing_else()
    {
        foreach (var name in new[] { "aaaa", "bbbb", "cccc.building" })
            Directory.CreateDirectory(Path.Combine(_store.ImagesFolder, name, "root"));

        (await Images.PruneAsync(["aaaa"], CancellationToken.None)).Order().ShouldBe(["bbbb", "cccc"]);

        Directory.EnumerateFileSystemEntries(_store.ImagesFolder).Select(Path.GetFileName).ShouldBe(["aaaa"]);
    }

    [Fact]
    public async Task Prune_leaves_an_image_that_is_being_built()
    {
        Directory.CreateDirectory(Path.Combine(_store.ImagesFolder, "aaaa.building"));
        using var builder = await LabLock.AcquireAsync(
            Path.Combine(_store.ImagesFolder, "aaaa.lock"),
            TimeSpan.Zero,
            TimeProvider.System,
            CancellationToken.None
        );

        (await Images.PruneAsync([], CancellationToken.None)).ShouldBeEmpty();

        Directory.Exists(Path.Combine(_store.ImagesFolder, "aaaa.building")).ShouldBeTrue();
    }

    private void MmdebstrapDoes(Func<string, Task<ProcessResult>> build) =>
        _processes
            .RunAsync(HelperPrograms.Mmdebstrap, null!, default, default)
            .ReturnsForAnyArgs(call =>
                build(
                    call.Arg<IReadOnlyList<string>>()
                        .First(a => a.EndsWith("/root", StringComparison.Ordinal) && !a.StartsWith("--", StringComparison.Ordinal))
                )
            );
}
