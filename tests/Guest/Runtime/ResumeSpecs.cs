namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>VMs that resume where a base was sealed, with the published program as users have it.</summary>
[Collection(nameof(CountingGuests))]
public class ResumeSpecs(CountingBase counting)
{
    [Fact]
    public async Task Resumed_vms_continue_to_count_where_the_base_was_sealed_and_leave_nothing()
    {
        var store = counting.Store;
        (await counting.GetAsync()).GetProperty("sealed").GetBoolean().ShouldBeTrue();
        (await store.RunAsync("base", "import", await CountingBase.ImageAsync(), "--name", "disk")).ShouldExitWith(0);

        var one = await store.ResumeAsync("one");
        one.GetProperty("clock").GetString().ShouldBe(RuntimeStoreFolder.ClockIsRight);
        var first = await RuntimeStoreFolder.CountAsync(one);
        var two = await store.ResumeAsync("two");
        var second = await RuntimeStoreFolder.CountAsync(two);
        var again = await RuntimeStoreFolder.CountAsync(one);
        second.Boot.ShouldBe(first.Boot, "both continue the sealed boot");
        again.Boot.ShouldBe(first.Boot);
        again.Number.ShouldBeGreaterThan(first.Number, "the count continues");
        second.Number.ShouldBeLessThan(again.Number, "the second one began where the base was sealed, not where the first one is");

        store.Processes().Order().ShouldBe(new[] { one, two }.Select(v => v.GetProperty("pid").GetInt32()).Order());
        (await store.VmsAsync()).Select(e => e.GetProperty("state").GetString()).ShouldBe(["running", "running"]);
        (await store.RunAsync("base", "remove", "counter")).ShouldExitWith(1).Error.ShouldContain("one, two");
        (await store.RunAsync("vm", "stop", "one", "--remove")).ShouldExitWith(0);
        (await store.RunAsync("vm", "stop", "two", "--force", "--remove")).ShouldExitWith(0);
        (await store.RunAsync("base", "remove", "disk")).ShouldExitWith(0);
        Directory.GetDirectories(Path.Combine(store.Path, "bases")).ShouldHaveSingleItem();
        foreach (var folder in new[] { "vms", "staging" })
            Directory.GetFileSystemEntries(Path.Combine(store.Path, folder)).ShouldBeEmpty();
        store.Processes().ShouldBeEmpty();
    }
}
