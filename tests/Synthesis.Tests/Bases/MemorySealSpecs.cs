using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Bases;

/// <summary>The memory of a base is a file that QEMU may write to.</summary>
public sealed class MemorySealSpecs : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly BaseVm _base;

    public MemorySealSpecs() => _base = Samples.Publish(new RuntimeStore(_folder["store"]));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_untouched_memory_is_believed_without_reading_it()
    {
        MemorySeal.Holds(_base).ShouldBeTrue();
        var seen = new List<string>();
        MemorySeal.Require(_base, new Said(seen), CancellationToken.None);
        seen.ShouldBeEmpty();
    }

    [Fact]
    public void A_touched_one_is_verified_once()
    {
        File.SetLastWriteTimeUtc(_base.MemoryPath, DateTime.UnixEpoch);
        MemorySeal.Holds(_base).ShouldBeFalse();
        var seen = new List<string>();
        MemorySeal.Require(_base, new Said(seen), CancellationToken.None);
        seen.ShouldHaveSingleItem().ShouldContain("verifying it again");
        MemorySeal.Require(_base, new Said(seen), CancellationToken.None);
        seen.Count.ShouldBe(1);
    }

    [Fact]
    public void One_changed_byte_is_refused_even_with_the_old_time_of_writing()
    {
        var before = File.GetLastWriteTimeUtc(_base.MemoryPath);
        Change(_base.MemoryPath);
        File.SetLastWriteTimeUtc(_base.MemoryPath, before);
        Refused().ShouldContain("not what it was when it was sealed");
    }

    [Fact]
    public void Another_file_in_its_place_is_refused()
    {
        var copy = _folder["copy"];
        File.Copy(_base.MemoryPath, copy);
        Change(copy);
        File.Move(copy, _base.MemoryPath, overwrite: true);
        Refused();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    public void A_damaged_seal_means_that_nothing_is_known(string text)
    {
        File.WriteAllText(Path.Combine(_base.Folder, BaseVm.SealFile), text);
        MemorySeal.Holds(_base).ShouldBeFalse();
        MemorySeal.Require(_base, Samples.Silent, CancellationToken.None);
        MemorySeal.Holds(_base).ShouldBeTrue();
    }

    private string Refused()
    {
        var error = Should.Throw<CloudletException>(() => MemorySeal.Require(_base, Samples.Silent, CancellationToken.None));
        MemorySeal.Holds(_base).ShouldBeFalse();
        return error.Message;
    }

    private static void Change(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.Write(file, new byte[] { 9 }, 5L * PageSize.Bytes);
    }

    private sealed class Said(List<string> to) : IProgress<string>
    {
        public void Report(string value) => to.Add(value);
    }
}
