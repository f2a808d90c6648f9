using Cloudlet.Machine.Processes;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Processes;

public sealed class OwnProgramSpecs : IDisposable
{
    private readonly TempDir _dir = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void A_process_can_read_its_own_program()
    {
        var own = OwnProgram.OfThisProcess();
        var file = new FileInfo(Environment.ProcessPath!);

        (own.Length, own.Modified.UtcDateTime, own.Read().LongLength).ShouldBe((file.Length, file.LastWriteTimeUtc, file.Length));
    }

    [Theory]
    [InlineData("#!/bin/sh\necho 1.2.3+45\n", true)]
    [InlineData("#!/bin/sh\n[ \"$1\" = --version ] && echo 0.1.0-dev\n", true)]
    [InlineData("#!/bin/sh\necho 1.2.3; exit 1\n", false)]
    [InlineData("#!/bin/sh\n", false)]
    [InlineData("#!/bin/sh\necho ls 9.1\n", false)]
    [InlineData("\u007fELF, the beginning of one", false)]
    [InlineData("", false)]
    public async Task A_file_counts_as_a_program_when_it_names_its_version(string content, bool runs)
    {
        var path = _dir.Write("program", content);
        (await ProgramProbe.RunsAsync(path, default)).ShouldBeFalse(); // no x bit
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        (await ProgramProbe.RunsAsync(path, default)).ShouldBe(runs);
    }

    [Fact]
    public async Task Neither_a_folder_nor_a_missing_file_is_a_program()
    {
        (await ProgramProbe.RunsAsync(_dir["."], default)).ShouldBeFalse();
        (await ProgramProbe.RunsAsync(_dir["nothing"], default)).ShouldBeFalse();
    }
}
