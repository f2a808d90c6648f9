using Cloudlet.Machine.Programs;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Programs;

/// <summary>The shelf of programs that were sent to a host.</summary>
public sealed class ProgramShelfSpecs : IDisposable
{
    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_program_is_stored_under_its_digest_and_a_damaged_copy_is_replaced()
    {
        var digest = Store("one");
        var stored = Path.Combine(_folder["shelf"], digest, "cloudlet");
        File.ReadAllText(stored).ShouldBe("one");
        File.GetUnixFileMode(stored).HasFlag(UnixFileMode.OtherExecute).ShouldBeTrue();

        File.WriteAllText(stored, "two");
        Store("one").ShouldBe(digest);
        File.ReadAllText(stored).ShouldBe("one");
        Directory.GetFiles(Path.GetDirectoryName(stored)!).ShouldBe([stored]);
    }

    [Fact]
    public void The_two_used_last_are_kept()
    {
        var first = Store("one");
        Old(first, 3);
        var second = Store("two");
        Old(second, 2);
        Store("one");
        Store("three");
        Directory.Exists(Path.Combine(_folder["shelf"], first)).ShouldBeTrue();
        Directory.Exists(Path.Combine(_folder["shelf"], second)).ShouldBeFalse();
    }

    [Fact]
    public void The_program_beside_another_is_found_unless_it_needs_files_beside_it()
    {
        var beside = _folder.Write("cloudlet", "");
        ProgramShelf.Find(beside).ShouldBeNull();
        var service = _folder.Write("cloudlet-service", "");
        ProgramShelf.Find(beside).ShouldBe(service);
        _folder.Write("cloudlet-service.dll", "");
        ProgramShelf.Find(beside).ShouldBeNull();
    }

    private string Store(string content)
    {
        var file = _folder.Write("program", content);
        var digest = ProgramShelf.DigestOf(file);
        ProgramShelf.Store(file, digest, _folder["shelf"]);
        return digest;
    }

    private void Old(string digest, int minutes) =>
        Directory.SetLastWriteTimeUtc(Path.Combine(_folder["shelf"], digest), DateTime.UtcNow.AddMinutes(-minutes));
}
