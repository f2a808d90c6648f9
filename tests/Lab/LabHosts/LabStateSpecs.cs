using Cloudlet.Errors;
using Cloudlet.Lab.Hosts;
using Cloudlet.Lab.Model;
using Cloudlet.Lab.Native;
using Cloudlet.Linux;

namespace Cloudlet.Lab.Tests.LabHosts;

public sealed class LabStateSpecs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lab-state");
    private readonly LabStore _store;

    public LabStateSpecs() => _store = new LabStore(_folder.FullName);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_record_survives_a_round_trip()
    {
        var record = new HostRecord
        {
            Spec = new LabHostSpec("edge-1", LabHostKind.Container, LabBoot.Ifupdown) { Packages = ["strace", "tcpdump"] },
            Address = "10.213.0.2",
            Image = "0123456789ab",
            Since = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero),
            MachineBoot = "b00t",
            Supervisor = new ProcessIdentity(4711, 815),
        };
        new HostRecords(_store).Write(record);
        new HostRecords(_store).Get("edge-1").ShouldBe(record);
        new HostRecords(_store).All().ShouldBe([record]);
    }

    [Fact]
    public void A_host_from_before_a_reboot_is_stopped_even_if_its_process_id_is_in_use()
    {
        var self = ProcessIdentity.Find(Environment.ProcessId)!;
        new HostRecords(_store).Write(
            new HostRecord
            {
                Spec = new LabHostSpec("edge-1"),
                MachineBoot = "another boot",
                Supervisor = self,
            }
        );
        LabTesting.Open(_store).List().ShouldHaveSingleItem().State.ShouldBe(LabHostState.Stopped);
    }

    [Fact]
    public void A_reused_process_id_is_not_the_same_process()
    {
        var self = ProcessIdentity.Find(Environment.ProcessId)!;
        self.IsAlive.ShouldBeTrue();
        (self with { StartTicks = self.StartTicks - 1 }).IsAlive.ShouldBeFalse();
        ProcessTable.Kill(self with { StartTicks = self.StartTicks - 1 });
    }

    [Fact]
    public void A_damaged_record_is_an_error_that_says_what_to_do()
    {
        Directory.CreateDirectory(_store.HostFolder("edge-1"));
        File.WriteAllText(Path.Combine(_store.HostFolder("edge-1"), "host.json"), "{ \"spec\":");
        var error = Should.Throw<CloudletException>(() => new HostRecords(_store).Get("edge-1"));
        error.Message.ShouldContain("cloudlet lab down edge-1");
        error.InnerException.ShouldNotBeNull();
    }

    [Fact]
    public void An_unknown_host_is_an_error_that_names_the_known_ones()
    {
        new HostRecords(_store).Write(new HostRecord { Spec = new LabHostSpec("edge-1") });
        Should.Throw<CloudletException>(() => new HostRecords(_store).Get("edge-2")).Message.ShouldContain("it has edge-1");
    }

    [Theory]
    [InlineData("")]
    [InlineData("Edge")]
    [InlineData("-edge")]
    [InlineData("edge-")]
    [InlineData("../edge")]
    [InlineData("edge.1")]
    [InlineData("edge-with-a-name-that-is-longer-than-forty-")]
    public void An_invalid_host_name_is_refused(string name)
    {
        Should.Throw<CloudletException>(new LabHostSpec(name).Validate).Kind.ShouldBe(ErrorKind.InvalidInput);
        Should.Throw<CloudletException>(() => _store.HostFolder(name)).Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Fact]
    public void Packages_need_names_and_a_container()
    {
        Should
            .Throw<CloudletException>(new LabHostSpec("edge-1") { Packages = ["--hook=rm"] }.Validate)
            .Kind.ShouldBe(ErrorKind.InvalidInput);
        Should
            .Throw<CloudletException>(new LabHostSpec("edge-1", LabHostKind.Netns) { Packages = ["strace"] }.Validate)
            .Message.ShouldContain("--kind container");
        new LabHostSpec("edge-1") { Packages = ["g++", "libc6-dev", "python3.11"] }.Validate();
    }

    [Theory]
    [InlineData("relative/lab")]
    [InlineData("/tmp/a lab")]
    [InlineData("/tmp/a,lab")]
    [InlineData("/tmp/a:lab")]
    [InlineData("/tmp/$HOME")]
    public void A_store_whose_path_overlayfs_cannot_take_is_refused(string path) =>
        Should.Throw<CloudletException>(() => new LabStore(path)).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Fact]
    public void Machine_names_are_short_and_differ_from_store_to_store()
    {
        var other = new LabStore("/elsewhere");
        foreach (var name in new[] { "a", "edge-1", "edge-1-of-the-long-corridor" })
        {
            _store.MachineName(name).Length.ShouldBeLessThanOrEqualTo(12);
            _store.MachineName(name).ShouldNotBe(other.MachineName(name));
        }

        other.MachineName("edge-of-a").ShouldNotBe(other.MachineName("edge-of-b"));
    }

    [Fact]
    public async Task The_second_holder_of_a_lock_learns_which_lock_it_is()
    {
        var path = Path.Combine(_folder.FullName, "lock");
        using (await LabLock.AcquireAsync(path, TimeSpan.Zero, TimeProvider.System, CancellationToken.None))
        {
            var error = await Should.ThrowAsync<CloudletException>(() =>
                LabLock.AcquireAsync(path, TimeSpan.Zero, TimeProvider.System, CancellationToken.None)
            );
            error.Kind.ShouldBe(ErrorKind.Busy);
            error.Message.ShouldContain(path);
        }

        (await LabLock.AcquireAsync(path, TimeSpan.Zero, TimeProvider.System, CancellationToken.None)).Dispose();
    }
}
