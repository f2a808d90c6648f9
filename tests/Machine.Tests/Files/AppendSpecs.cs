using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Machine.Tests.Files;

/// <summary>The fake and the real files pass the same specs.</summary>
public sealed class AppendSpecs : IDisposable
{
    private const UnixFileMode Rw = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempDir _dir = new();
    private readonly FakeMachine _machine = new(new ManualClock());

    public static TheoryData<bool> Both => [true, false];

    public void Dispose()
    {
        _machine.Dispose();
        _dir.Dispose();
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Lines_follow_each_other(bool isReal)
    {
        var (files, path) = Files(isReal);

        files.Append(path, "one\n"u8, Rw, 100);
        files.Append(path, "two\n"u8, Rw, 100);

        files.Read(path).ShouldBe("one\ntwo\n"u8.ToArray());
        files.Stat(path)!.Mode.ShouldBe(Rw);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_torn_line_is_ended_first(bool isReal)
    {
        var (files, path) = Files(isReal);
        files.Write(path, "one\ntw"u8, Rw);

        files.Append(path, "three\n"u8, Rw, 100);

        files.Read(path).ShouldBe("one\ntw\nthree\n"u8.ToArray());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void At_the_limit_the_file_is_rotated_and_one_old_one_is_kept(bool isReal)
    {
        var (files, path) = Files(isReal);
        foreach (
            var line in (byte[][])
                [
                    [.. "aaa\n"u8],
                    [.. "bbb\n"u8],
                    [.. "ccc\n"u8],
                    [.. "ddd\n"u8],
                    [.. "eee\n"u8],
                ]
        )
            files.Append(path, line, Rw, 8);

        files.Read(path).ShouldBe("eee\n"u8.ToArray());
        files.Read($"{path}.1").ShouldBe("ccc\nddd\n"u8.ToArray());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Only_a_regular_file_is_accepted(bool isReal)
    {
        var (files, path) = Files(isReal);
        files.WriteSymlink(path, $"{path}.target");

        Should.Throw<CloudletException>(() => files.Append(path, "a\n"u8, Rw, 100)).Kind.ShouldBe(ErrorKind.InvalidInput);
        files.Stat($"{path}.target").ShouldBeNull();
    }

    private (IHostFiles Files, string Path) Files(bool isReal) =>
        isReal ? (new HostFiles(), _dir["a/b"]) : (_machine.Files, "/var/lib/a/b");
}
