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
    private readonly List<(HelperProgram Program, IReadOnlyList<string> Arguments)> _commands = [];
    private readonly LabStore _store;
    private readonly LabHostSpec _spec = new("edge-1");

    public LabImagesSpecs() => _store = new LabStore(_folder.FullName);

    private LabImages Images => new(_store, _processes, TimeProvider.System);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Builders_of_one_image_wait_for_each_other_and_build_it_once()
    {
        MmdebstrapDoes(_ => new ProcessResult(0, "", ""));

        var images = await Task.WhenAll(
            Enumerable.Range(0, 5).Select(_ => Task.Run(() => Images.PrepareAsync(_spec, new Progress<string>(), CancellationToken.None)))
        );

        Variants.ShouldBe(["minbase", "custom"]);
        var root = images.Select(i => i.Root).Distinct().ShouldHaveSingleItem();
        Directory.Exists(root).ShouldBeTrue();
        Built.Count.ShouldBe(2, "the image and its base");
    }

    [Fact]
    public async Task An_image_that_the_store_has_is_not_built_again()
    {
        MmdebstrapDoes(_ => new ProcessResult(0, "", ""));
        var built = await Images.PrepareAsync(_spec, new Progress<string>(), CancellationToken.None);

        var there = await Images.PrepareAsync(_spec with { Name = "edge-2" }, new Progress<string>(), CancellationToken.None);

        built.Built.ShouldBeTrue();
        built.Root.ShouldBe(Images.RootOf(built.Digest));
        there.ShouldBe(built with { Built = false });
        Variants.ShouldBe(["minbase", "custom"]);
    }

    [Fact]
    public async Task All_images_are_made_from_one_base_even_at_the_same_time()
    {
        MmdebstrapDoes(_ => new ProcessResult(0, "", ""));
        LabHostSpec[] specs =
        [
            _spec,
            _spec with
            {
                Boot = LabBoot.Ifupdown,
            },
            _spec with
            {
                With = LabFlavor.Nova,
            },
            _spec with
            {
                Packages = ["strace"],
            },
        ];

        await Task.WhenAll(specs.Select(s => Task.Run(() => Images.PrepareAsync(s, new Progress<string>(), CancellationToken.None))));

        Variants.ShouldBe(["minbase", "custom", "custom", "custom", "custom"]);
    }

    [Fact]
    public async Task A_copy_has_everything_of_the_base_but_its_devices()
    {
        MmdebstrapDoes(root =>
        {
            foreach (var folder in new[] { "dev", "etc", "usr" })
                Directory.CreateDirectory(Path.Combine(root, folder));
            return new ProcessResult(0, "", "");
        });

        await Images.PrepareAsync(_spec, new Progress<string>(), CancellationToken.None);

        var copy = Commands.Single(c => c.Program == HelperPrograms.Copy).Arguments;
        copy.SkipWhile(a => a != "--").Skip(1).Select(Path.GetFileName).Order().ShouldBe(["etc", "usr"]);
    }

    [Fact]
    public async Task A_failed_build_leaves_no_image_and_shows_mmdebstraps_output()
    {
        MmdebstrapDoes(root =>
        {
            if (Variants[^1] == "minbase")
                return new ProcessResult(0, "", "");
            File.WriteAllText(
                Path.Combine(Path.GetDirectoryName(root)!, "build.log"),
                "I: downloading\nE: Unable to locate package nosuch\n"
            );
            return new ProcessResult(25, "", "");
        });

        var error = await Should.ThrowAsync<CloudletException>(() =>
            Images.PrepareAsync(_spec, new Progress<string>(), CancellationToken.None)
        );

        error.Kind.ShouldBe(ErrorKind.ProcessFailed);
        error.Message.ShouldContain("Unable to locate package nosuch");
        error.Message.ShouldContain("exit code 25");
        File.ReadAllText(Path.Combine(_store.ImagesFolder, Built.ShouldHaveSingleItem(), "recipe")).ShouldStartWith("base of ");
    }

    [Fact]
    public async Task A_full_disk_during_the_copy_is_reported_as_such()
    {
        MmdebstrapDoes(
            _ => new ProcessResult(0, "", ""),
            copy: new ProcessResult(1, "", "cp: error writing 'x': No space left on device\n")
        );

        var error = await Should.ThrowAsync<CloudletException>(() =>
            Images.PrepareAsync(_spec, new Progress<string>(), CancellationToken.None)
        );

        error.Kind.ShouldBe(ErrorKind.NoSpace);
        Variants.ShouldBe(["minbase"]);
        Built.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Leftovers_of_a_killed_build_do_not_count_as_an_image()
    {
        MmdebstrapDoes(root =>
        {
            File.Exists(Path.Combine(root, "left")).ShouldBeFalse();
            return new ProcessResult(0, "", "");
        });
        var (digest, _, _) = await Images.PrepareAsync(_spec, new Progress<string>(), CancellationToken.None);
        File.WriteAllText(Path.Combine(Images.RootOf(digest), "left"), "");
        Directory.Move(Path.Combine(_store.ImagesFolder, digest), Path.Combine(_store.ImagesFolder, $"{digest}.building"));

        (await Images.PrepareAsync(_spec, new Progress<string>(), CancellationToken.None)).Digest.ShouldBe(digest);
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

    /// <summary>The commands so far, in their order.</summary>
    private List<(HelperProgram Program, IReadOnlyList<string> Arguments)> Commands
    {
        get
        {
            lock (_commands)
                return [.. _commands];
        }
    }

    /// <summary>mmdebstrap's variant in each of its runs: minbase makes the base, custom an image from a copy of it.</summary>
    private List<string> Variants =>
        [.. Commands.SelectMany(c => c.Arguments.Where(a => a.StartsWith("--variant=", StringComparison.Ordinal))).Select(a => a[10..])];

    private List<string> Built => [.. Directory.EnumerateDirectories(_store.ImagesFolder).Select(d => Path.GetFileName(d))];

    private void MmdebstrapDoes(Func<string, ProcessResult> build, ProcessResult? copy = null) =>
        _processes
            .RunAsync(HelperPrograms.Mmdebstrap, null!, default, default)
            .ReturnsForAnyArgs(call =>
            {
                var (program, arguments) = (call.Arg<HelperProgram>(), call.Arg<IReadOnlyList<string>>());
                lock (_commands)
                    _commands.Add((program, arguments));
                if (program == HelperPrograms.Copy)
                    return copy ?? new ProcessResult(0, "", "");
                var root = arguments.First(a => a.EndsWith("/root", StringComparison.Ordinal) && a[0] == '/');
                Directory.CreateDirectory(root);
                return build(root);
            });
}
