using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Bases;

public sealed class BaseCatalogSpecs : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly RuntimeStore _store;
    private readonly BaseCatalog _catalog;

    public BaseCatalogSpecs()
    {
        _store = new RuntimeStore(_folder["store"]);
        _catalog = new BaseCatalog(_store);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_base_is_found_by_name_and_by_a_prefix_of_its_id()
    {
        _catalog.List().ShouldBeEmpty("a missing store has none");
        var one = Samples.Publish(_store, "one");
        _catalog.Get("one").ShouldBe(one);
        _catalog.Get(one.Id[..6]).ShouldBe(one);
        Should.Throw<CloudletException>(() => _catalog.Get("none")).Kind.ShouldBe(ErrorKind.NotFound);
        Should.Throw<CloudletException>(() => _catalog.Claim("one")).Kind.ShouldBe(ErrorKind.AlreadyExists);
        Should.Throw<CloudletException>(() => _catalog.Claim("No/Name")).Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    /// <summary>Of 257 ids, at least two have the same first two digits.</summary>
    [Fact]
    public void An_ambiguous_prefix_names_the_candidates()
    {
        var twins = Enumerable.Range(1, 257).Select(Plant).GroupBy(id => id[..2]).First(g => g.Count() > 1).ToList();
        var error = Should.Throw<CloudletException>(() => _catalog.Get(twins[0][..2]));
        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        foreach (var id in twins)
            error.Message.ShouldContain(id[..12]);
        Should
            .Throw<CloudletException>(() => _catalog.Get(twins[0][..1]))
            .Kind.ShouldBe(ErrorKind.NotFound, "one digit is too short for a prefix");
        _catalog.Get(twins[0]).Id.ShouldBe(twins[0]);
    }

    [Fact]
    public void A_folder_whose_manifest_does_not_match_its_name_is_not_a_base()
    {
        var one = Samples.Publish(_store);
        var manifest = Path.Combine(one.Folder, BaseVm.ManifestFile);
        var text = File.ReadAllText(manifest);
        File.SetUnixFileMode(manifest, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(manifest, text.Replace("\"cpus\":1", "\"cpus\":2", StringComparison.Ordinal));
        _catalog.List().ShouldBeEmpty();
        File.WriteAllText(manifest, text);
        _catalog.List().ShouldHaveSingleItem();
        File.WriteAllText(manifest, text[..50]);
        _catalog.List().ShouldBeEmpty();
    }

    [Fact]
    public void Zero_pages_become_holes_and_the_content_stays()
    {
        var path = _folder["memory"];
        var content = new byte[(3 << 20) + 4096];
        new Random(3).NextBytes(content.AsSpan(100, 5000));
        content[^1] = 1;
        File.WriteAllBytes(path, content);
        BasePublisher.PunchZeros(path, CancellationToken.None).ShouldBe(3 * PageSize.Bytes);
        File.ReadAllBytes(path).ShouldBe(content);
        using var sparse = new SparseFile(path);
        sparse.Data().Sum(d => d.End - d.Start).ShouldBeLessThan(content.Length);
    }

    [Theory]
    [InlineData("serial:login: now", ReadinessKind.Serial, "login: now", 0)]
    [InlineData("port:22", ReadinessKind.Port, "", 22)]
    [InlineData("idle:5", ReadinessKind.Idle, "", 5)]
    [InlineData("time:90", ReadinessKind.Time, "", 90)]
    [InlineData("manual", ReadinessKind.Manual, "", 0)]
    public void Conditions_to_wait_for_are_parsed(string text, ReadinessKind kind, string value, int number) =>
        Readiness.Parse(text).ShouldBe(new Readiness(kind, value, number));

    [Theory]
    [InlineData("serial:")]
    [InlineData("port:0")]
    [InlineData("port:65536")]
    [InlineData("idle:-1")]
    [InlineData("time:86401")]
    [InlineData("manual:now")]
    [InlineData("soon")]
    public void Invalid_conditions_are_refused(string text) =>
        Should.Throw<CloudletException>(() => Readiness.Parse(text)).Kind.ShouldBe(ErrorKind.InvalidInput);

    /// <summary>A base with nothing but its manifest.</summary>
    private string Plant(int number)
    {
        var manifest = new BaseManifest { Format = BaseManifest.CurrentFormat, Disk = new BasePart(number * 4096L, new string('0', 64)) };
        var folder = Directory.CreateDirectory(Path.Combine(_store.BasesFolder, manifest.Id()));
        File.WriteAllBytes(Path.Combine(folder.FullName, BaseVm.ManifestFile), manifest.ToBytes());
        return manifest.Id();
    }
}
