using System.Text;
using Cloudlet.DesiredState.Kinds.Programs;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Kinds.Programs;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests;

public sealed class ProgramsKindSpecs : IDisposable
{
    private const string Path = "/usr/local/lib/cloudlet/cloudlet";
    private const UnixFileMode Executable = (UnixFileMode)0x1ed; // 0755
    private static readonly ProgramSpec Wanted = new()
    {
        Id = ProgramSpec.IdOf(Path),
        Path = Path,
        Version = ProgramSpec.Current,
    };

    private readonly FakeMachine _machine = new(new ManualClock());
    private readonly Probe _probe = new();
    private readonly ProgramsKind _kind;

    public ProgramsKindSpecs() =>
        _kind = new ProgramsKind(_machine.Files, new OwnProgram(3, DateTimeOffset.UnixEpoch.AddDays(9), () => "own"u8.ToArray()), _probe);

    public void Dispose() => _machine.Dispose();

    private FakeFiles Files => _machine.Files;

    [Fact]
    public async Task A_missing_program_is_restored_from_the_running_one()
    {
        (await _kind.ObserveAsync(Wanted, default)).ShouldBeNull();

        await _kind.ApplyAsync(Wanted, null, default);

        Files.Read(Path).ShouldBe("own"u8.ToArray());
        (await _kind.ObserveAsync(Wanted, default)).ShouldBe(Wanted);
    }

    [Fact]
    public async Task A_folder_in_its_place_is_replaced()
    {
        Files.CreateDirectory(Path, Executable);
        (await _kind.ObserveAsync(Wanted, default))!.Version.ShouldBe("not a program but a directory");

        await _kind.ApplyAsync(Wanted, null, default);

        (await _kind.ObserveAsync(Wanted, default)).ShouldBe(Wanted);
    }

    [Theory]
    [InlineData(true, ProgramSpec.Another)]
    [InlineData(false, "not a program that runs")]
    public async Task Another_program_is_accepted_once_it_is_known_to_run(bool runs, string version)
    {
        Files.Write(Path, "other"u8, Executable);
        _probe.Runs = runs;

        (await _kind.ObserveAsync(Wanted, default))!.Version.ShouldBe(version);
    }

    [Theory]
    [InlineData("own", ProgramSpec.Current)]
    [InlineData("OWN", ProgramSpec.Another)]
    public async Task The_same_program_with_another_time_is_the_same(string content, string version)
    {
        _probe.Runs = true;
        Files.Write(Path, Encoding.UTF8.GetBytes(content), Executable, "root", "root", DateTimeOffset.UnixEpoch.AddDays(7));

        (await _kind.ObserveAsync(Wanted, default))!.Version.ShouldBe(version);
        (await _kind.ObserveAsync(Wanted, default))!.Version.ShouldBe(version);

        Files.Write(Path, "NEW"u8, Executable, "root", "root", DateTimeOffset.UnixEpoch.AddDays(8));
        (await _kind.ObserveAsync(Wanted, default))!.Version.ShouldBe(ProgramSpec.Another);
    }

    [Fact]
    public async Task Its_own_copy_must_be_executable_by_mode_and_by_the_kernel()
    {
        await _kind.ApplyAsync(Wanted, null, default);
        _probe.CanExecute = false;
        (await _kind.ObserveAsync(Wanted, default))!.Version!.ShouldContain("noexec");

        Files.SetAttributes(Path, UnixFileMode.None, null, null);
        (await _kind.ObserveAsync(Wanted, default))!.Version.ShouldBe("not executable");
    }

    private sealed class Probe : IProgramProbe
    {
        public bool CanExecute { get; set; } = true;

        public bool Runs { get; set; }

        public bool IsExecutable(string path) => CanExecute;

        public Task<bool> RunsAsync(string path, CancellationToken ct) => Task.FromResult(Runs);
    }
}
