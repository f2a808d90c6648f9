using Cloudlet.Linux;

namespace Cloudlet.Machine.Tests.Processes;

public sealed class ProcessStatSpecs
{
    [Fact]
    public void A_process_is_parsed_whatever_its_program_is_called()
    {
        const string Stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 200";
        ProcessStat.Parse(Stat).ShouldBe(new ProcessStat('S', 5, 6, 98765));
    }

    [Fact]
    public void A_zombie_is_dead() =>
        ProcessStat.Parse("42 (sh) Z 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 0 0")!.Value.HasEnded.ShouldBeTrue();

    [Fact]
    public void An_incomplete_or_missing_file_is_no_process()
    {
        ProcessStat.Parse("").ShouldBeNull();
        ProcessStat.Parse("42 (sh) S 1 42").ShouldBeNull();
        ProcessStat.Read(0).ShouldBeNull();
        ProcessIdentity.Find(int.MaxValue).ShouldBeNull();
    }

    [Fact]
    public void A_reused_number_or_another_boot_is_not_the_same_process()
    {
        var self = ProcessIdentity.Find(Environment.ProcessId)!;

        self.IsAlive.ShouldBeTrue();
        (self with { StartTicks = self.StartTicks - 1 }).IsAlive.ShouldBeFalse();
        (self with { Boot = "another boot" }).IsAlive.ShouldBeFalse();
        ProcessIdentity.Of(Environment.ProcessId).ShouldBe(self with { Boot = ProcessIdentity.ThisBoot });
        self.Started.ShouldBe(new DateTimeOffset(System.Diagnostics.Process.GetCurrentProcess().StartTime), TimeSpan.FromSeconds(5));
    }
}
