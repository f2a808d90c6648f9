using System.Globalization;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Qemu;

/// <summary>Hardware virtualization counts when a machine has run with it, not because a device file exists.</summary>
public sealed class KvmCheckSpecs : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly RuntimeStore _store;

    public KvmCheckSpecs() => _store = new RuntimeStore(_folder["store"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Westmere,+rdrand", 1, null)]
    [InlineData("486", 1, null)]
    [InlineData("qemu64", 2, null)]
    [InlineData("Westmere,+invpcid", 1, "requested feature")]
    [InlineData("Cyrix", 1, "unable to find CPU model")]
    public async Task A_machine_of_a_few_instructions_runs_to_its_end_or_reports_why_not(string cpu, int cpus, string? problem)
    {
        Samples.Require(RuntimeProgram.Qemu);
        var seen = await ProbeMachine.RunAsync(
            _store,
            RuntimeProgram.Qemu.Find(),
            Samples.Machine with
            {
                Cpu = cpu,
                Cpus = cpus,
            },
            kvmGroup: null,
            TimeSpan.FromMinutes(1),
            CancellationToken.None
        );
        if (problem is null)
            seen.ShouldBeNull();
        else
            seen.ShouldNotBeNull().ShouldContain(problem);
        Directory.GetFileSystemEntries(_store.StagingFolder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_hung_machine_is_killed_and_leaves_nothing()
    {
        var stuck = Program($"echo $$ >{_folder["pid"]}; exec sleep 600");
        Directory.CreateDirectory(_folder["store"]);
        File.Create(_folder["pid"]).Dispose();
        File.SetUnixFileMode(_folder["pid"], (UnixFileMode)0x1b6);
        var seen = await ProbeMachine.RunAsync(
            _store,
            stuck,
            Samples.Machine,
            kvmGroup: null,
            TimeSpan.FromSeconds(2),
            CancellationToken.None
        );
        seen.ShouldBe("it did not end within 2 s and was killed");
        var process = ProcessIdentity.Of(
            int.Parse(await File.ReadAllTextAsync(_folder["pid"], TestContext.Current.CancellationToken), CultureInfo.InvariantCulture)
        );
        (process?.EndsWithinAsync(TimeSpan.FromSeconds(10), CancellationToken.None) is not { } end || await end).ShouldBeTrue();
        Directory.GetFileSystemEntries(_store.StagingFolder).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("echo broken >&2; exit 1", "broken")]
    [InlineData("exit 0", "QEMU exited and gave no reason")]
    [InlineData("kill -ABRT $$", "QEMU exited and gave no reason")]
    public async Task A_machine_that_exits_without_its_output_did_not_run(string script, string said) =>
        (
            await ProbeMachine.RunAsync(
                _store,
                Program(script),
                Samples.Machine,
                kvmGroup: null,
                TimeSpan.FromMinutes(1),
                CancellationToken.None
            )
        ).ShouldBe(said);

    [Fact]
    public void A_file_that_is_not_executable_is_not_a_program()
    {
        var (old, name) = (Environment.GetEnvironmentVariable("PATH"), $"probe-{Guid.NewGuid():n}");
        _folder.Write(name, "#!/bin/sh\n");
        var program = new RuntimeProgram(name, "probe", "try it");
        try
        {
            Environment.SetEnvironmentVariable("PATH", $"{_folder.Path}:{old}");
            Should.Throw<CloudletException>(program.Find).Kind.ShouldBe(ErrorKind.NotFound);
            File.SetUnixFileMode(_folder[name], (UnixFileMode)0x1ed);
            program.Find().ShouldBe(_folder[name]);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", old);
        }
    }

    [Theory]
    [InlineData(0, 0x180, null, false)] // 0600 root:root, as on this project's build machines
    [InlineData(0, 0x1b0, null, false)] // 0660 root:root: group 0 is never given
    [InlineData(104, 0x1b0, 104, true)] // 0660 root:kvm
    [InlineData(104, 0x180, null, false)] // 0600 root:kvm
    [InlineData(104, 0x120, null, false)] // 0440 root:kvm
    [InlineData(104, 0x1b6, null, true)] // 0666 root:kvm: no group is needed
    [InlineData(0, 0x1b6, null, true)] // 0666 root:root
    public void Only_the_group_that_opens_the_device_is_given(int group, int mode, int? given, bool isOpen)
    {
        var device = Device((uint)group, mode);
        (device.Group, device.IsOpen).ShouldBe(((uint?)given, isOpen));
    }

    [Fact]
    public void Every_reason_comes_with_advice()
    {
        KvmCheck.Explain(null, "Westmere", "").ShouldContain("load kvm_intel or kvm_amd");
        if (QemuUser.Current.IsOwn)
            KvmCheck
                .Explain(Device(0, 0x180), "Westmere", "Permission denied")
                .ShouldContain(
                    "/dev/kvm (owner 0, group 0, mode 0600): give the device a dedicated group (chgrp kvm /dev/kvm && chmod "
                        + "0660 /dev/kvm)"
                );
        const string Lacks = """
            qemu-system-x86_64: warning: host doesn't support requested feature: CPUID.01H:ECX.pni [bit 0]
            qemu-system-x86_64: warning: host doesn't support requested feature: CPUID.01H:ECX.sse4.1 [bit 19]
            qemu-system-x86_64: Host doesn't support requested features
            """;
        KvmCheck
            .Explain(Device(104, 0x1b0), "Westmere", Lacks)
            .ShouldContain("lacks features of CPU model 'Westmere' (pni, sse4.1): choose another --cpu");
        KvmCheck
            .Explain(Device(104, 0x1b0), "Westmere", "kvm run failed")
            .ShouldContain("failed with /dev/kvm (owner 0, group 104, mode 0660): kvm run failed");
        foreach (var said in (string[])["", Lacks, "Permission denied", "kvm run failed"])
            KvmCheck.Explain(Device(104, 0x1b0), "Westmere", said).ShouldContain("--accel tcg");
    }

    [Fact]
    public void A_negative_result_expires_and_a_positive_one_does_not()
    {
        var (then, while_) = (DateTimeOffset.UnixEpoch, TimeSpan.FromMinutes(10));
        new KvmAnswer(null, then).HoldsAt(then.AddDays(9), while_).ShouldBeTrue();
        new KvmAnswer("no", then).HoldsAt(then.AddMinutes(9), while_).ShouldBeTrue();
        new KvmAnswer("no", then).HoldsAt(then.AddMinutes(10), while_).ShouldBeFalse();
        new KvmAnswer("no", then).HoldsAt(then.AddMinutes(-1), while_).ShouldBeFalse("setting the clock back keeps no negative result");
    }

    /// <summary>
    /// On any machine, with KVM, without, or with an unusable one: the chosen accelerator works, and a refusal names its reason once.
    /// </summary>
    [Fact]
    public async Task By_default_a_machine_gets_an_accelerator_that_is_known_to_work()
    {
        Samples.Require(RuntimeProgram.Qemu);
        var host = await QemuHost.FindAsync(_store, CancellationToken.None);
        var notes = new Notes();
        var chosen = await host.WithBestAcceleratorAsync(
            _store,
            Samples.Machine with
            {
                QemuVersion = host.Version,
            },
            notes,
            CancellationToken.None
        );
        (
            await ProbeMachine.RunAsync(
                _store,
                host.Path,
                chosen,
                QemuHost.KvmGroup(chosen),
                TimeSpan.FromMinutes(1),
                CancellationToken.None
            )
        ).ShouldBeNull();
        var wish = host.RequireAsync(_store, chosen with { Accelerator = "kvm" }, CancellationToken.None);
        if (chosen.Accelerator == "kvm")
        {
            await wish;
            notes.Lines.ShouldBeEmpty();
            return;
        }

        var error = await Should.ThrowAsync<CloudletException>(wish);
        error.Kind.ShouldBe(ErrorKind.Unsupported);
        var note = notes.Lines.ShouldHaveSingleItem();
        note.ShouldContain("kvm"); // the device, or what KVM lacks
        error.Message.ShouldContain(note[(note.IndexOf(": ", "note: ".Length, StringComparison.Ordinal) + 2)..]);
    }

    private static KvmDevice Device(uint group, int mode) =>
        new(new FileNode(1, 2, 3, 0, group, (UnixFileMode)mode, FileKind.CharacterDevice, 10, 232));

    /// <summary>A program in place of QEMU, in a folder where its user can run it.</summary>
    private string Program(string script)
    {
        var path = _folder["qemu"];
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        foreach (var open in (string[])[path, _folder.Path])
            File.SetUnixFileMode(open, (UnixFileMode)0x1ed);
        return path;
    }

    private sealed class Notes : IProgress<string>
    {
        public List<string> Lines { get; } = [];

        public void Report(string value) => Lines.Add(value);
    }
}
