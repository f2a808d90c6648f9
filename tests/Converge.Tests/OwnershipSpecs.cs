using Cloudlet.Converge.Applying;
using Cloudlet.Converge.State;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Tests;

/// <summary>A host has one description, and is taken over only on request.</summary>
public class OwnershipSpecs
{
    private static readonly Owner Site = new(OwnerKind.Site, "berlin", "edge-1");
    private static readonly Owner Stack = new(OwnerKind.Pulumi, "proj/dev", "urn:pulumi:dev::proj::cloudlet:index:Host::edge-1");

    private readonly Rig _rig = new();

    [Fact]
    public async Task The_first_description_owns_the_host_also_one_of_an_older_version()
    {
        await _rig.ApplyAsync(Rig.State(Rig.File("a")));
        _rig.Store.ReadOwner().ShouldBeNull();

        await ApplyAsync(Site, "a");

        _rig.Store.ReadOwner()!.Owner.ShouldBe(Site);
        _rig.Converger.Report().Owner.ShouldBe(Site);
    }

    [Fact]
    public async Task Another_description_is_refused_before_any_change_with_advice()
    {
        await ApplyAsync(Site, "a");
        var before = (_rig.Picture, _rig.Store.Writes);

        var refusal = await Should.ThrowAsync<CloudletException>(() => ApplyAsync(Stack, "b"));

        (_rig.Picture, _rig.Store.Writes).ShouldBe(before);
        refusal.Kind.ShouldBe(ErrorKind.OwnedByOther);
        refusal.Message.ShouldContain("site \"berlin\" as host edge-1");
        refusal.Message.ShouldContain("takeOver: true");
        (await Should.ThrowAsync<CloudletException>(() => ApplyAsync(Site with { Host = "edge-2" }, "b"))).Message.ShouldContain(
            "--take-over"
        );
    }

    [Fact]
    public async Task A_plan_names_the_other_description_and_shows_what_would_change()
    {
        await ApplyAsync(Site, "a");
        _rig.Events.Clear();

        (await _rig.Converger.PlanAsync(Rig.State(Rig.File("b")), new OwnerClaim(Stack), default)).Changes.Count.ShouldBe(2);

        _rig.Events.OfType<Owned>().ShouldHaveSingleItem().Owner.ShouldBe(Site);
    }

    [Fact]
    public async Task It_is_taken_over_on_request_and_the_earlier_description_is_refused_from_then_on()
    {
        await ApplyAsync(Site, "a");

        await ApplyAsync(Stack, "a", takeOver: true);

        _rig.Store.ReadOwner()!.Owner.ShouldBe(Stack);
        await Should.ThrowAsync<CloudletException>(() => ApplyAsync(Site, "a"));
    }

    [Fact]
    public async Task A_run_that_is_rolled_back_returns_the_host_to_its_owner()
    {
        await ApplyAsync(Site, "a");
        await ApplyAsync(Stack, "b", takeOver: true);

        await _rig.Converger.RollBackAsync(null, default);

        _rig.Store.ReadOwner()!.Owner.ShouldBe(Site);
    }

    [Fact]
    public async Task Rolling_back_a_takeover_without_changes_returns_the_host_and_undoes_no_other_run()
    {
        await ApplyAsync(Site, "a");
        await ApplyAsync(Site, "b");
        var (picture, applied) = (_rig.Picture, _rig.Store.ReadApplied());
        await ApplyAsync(Stack, "b", takeOver: true);

        (await _rig.Converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);

        _rig.Picture.ShouldBe(picture);
        _rig.Store.ReadOwner()!.Owner.ShouldBe(Site);
        _rig.Store.ReadApplied().ShouldBe(applied);
        (await Should.ThrowAsync<CloudletException>(() => _rig.Converger.RollBackAsync(null, default))).Kind.ShouldBe(ErrorKind.NotFound);
        _rig.Picture.ShouldBe(picture);
    }

    [Fact]
    public async Task The_state_before_the_first_run_is_restored_after_a_takeover_without_changes()
    {
        var before = _rig.Picture;
        await ApplyAsync(Site, "a");
        await ApplyAsync(Stack, "a", takeOver: true);

        await _rig.Converger.RestoreAsync(new OwnerClaim(Stack), default);

        _rig.Picture.ShouldBe(before);
    }

    [Fact]
    public async Task A_first_run_that_fails_and_is_rolled_back_leaves_no_owner()
    {
        _rig.Kind.BeforeApply = static id =>
        {
            if (id == "file:/b")
                throw new CloudletException(ErrorKind.PermissionDenied, "no");
        };

        (
            await _rig.ApplyAsync(
                Rig.State(Rig.File("a"), Rig.File("b")),
                new ApplyOptions { Claim = new OwnerClaim(Site), RollBackOnFailure = true }
            )
        ).Result.ShouldBe(RunResult.RolledBack);

        _rig.Store.ReadOwner().ShouldBeNull();
    }

    [Fact]
    public async Task A_host_of_another_description_is_not_restored_and_a_restored_host_has_no_owner()
    {
        await ApplyAsync(Site, "a");
        (await Should.ThrowAsync<CloudletException>(() => _rig.Converger.RestoreAsync(new OwnerClaim(Stack), default))).Kind.ShouldBe(
            ErrorKind.OwnedByOther
        );
        _rig.Picture.ShouldContain("file:/a");

        await _rig.Converger.RestoreAsync(new OwnerClaim(Site), default);

        _rig.Store.ReadOwner().ShouldBeNull();
        await ApplyAsync(Stack, "b");
    }

    [Fact]
    public async Task A_compiled_state_counts_as_the_description_of_its_site()
    {
        var state = new Owner(OwnerKind.State, "", "edge-1");
        await ApplyAsync(state, "a");
        await ApplyAsync(Site, "a");
        await ApplyAsync(state, "b");

        _rig.Store.ReadOwner()!.Owner.ShouldBe(Site);
        await Should.ThrowAsync<CloudletException>(() => ApplyAsync(state with { Host = "edge-2" }, "b"));
        await Should.ThrowAsync<CloudletException>(() => ApplyAsync(Stack, "b"));
    }

    [Fact]
    public async Task A_renamed_resource_keeps_its_host()
    {
        await ApplyAsync(Stack, "a");
        var renamed = Stack with { Host = Stack.Host.Replace("edge-1", "edge-one", StringComparison.Ordinal) };
        await Should.ThrowAsync<CloudletException>(() => ApplyAsync(renamed, "a"));

        await _rig.ApplyAsync(Rig.State(Rig.File("a")), new ApplyOptions { Claim = new OwnerClaim(renamed) { Formerly = Stack.Host } });

        _rig.Store.ReadOwner()!.Owner.ShouldBe(renamed);
    }

    private Task<Finished> ApplyAsync(Owner owner, string file, bool takeOver = false) =>
        _rig.ApplyAsync(Rig.State(Rig.File(file)), new ApplyOptions { Claim = new OwnerClaim(owner) { TakeOver = takeOver } });
}
