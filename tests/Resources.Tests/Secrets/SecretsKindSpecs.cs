using System.Text;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.Errors;
using Cloudlet.Resources.Tests.Databases;

namespace Cloudlet.Resources.Tests.Secrets;

public sealed class SecretsKindSpecs : IDisposable
{
    private const string Path = "/etc/cloudlet/secrets/app";
    private const string Generated = "secrets: {app: {generate: 32}}";
    private const string Given = "secrets: {app: {env: APP}}";
    private const string Used = Given + ", files: {/etc/app.conf: {content: 'password = ${secret:app}', mode: '0600'}}";
    private const string Sesame = "Xq7-open-sesame";
    private const string Other = "Zw9-another-word";

    private readonly SecretsHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task A_generated_secret_is_made_once_for_root_only()
    {
        (await _host.ApplyAsync(Generated)).Result.ShouldBe(RunResult.Changed);
        var made = _host.Files[Path];

        made.Length.ShouldBe(32);
        made.ShouldAllBe(static c => char.IsAsciiLetterOrDigit(c));
        _host.Files.Stat(Path)!.Mode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _host.Files.Stat("/etc/cloudlet/secrets")!.Mode.HasFlag(UnixFileMode.OtherRead).ShouldBeFalse();
        (await _host.PlanAsync(Generated)).IsEmpty.ShouldBeTrue();
        (await _host.ApplyAsync(Generated)).Result.ShouldBe(RunResult.Unchanged);
        _host.Files[Path].ShouldBe(made);
        _host.Traces().ShouldAllBe(t => !t.Contains(made));
    }

    [Fact]
    public async Task Two_hosts_make_different_values()
    {
        using var other = new SecretsHost();
        await _host.ApplyAsync(Generated);
        await other.ApplyAsync(Generated);

        other.Files[Path].ShouldNotBe(_host.Files[Path]);
    }

    [Theory]
    [InlineData("secrets: {app: {generate: 32, version: 2}}", 32, "version")]
    [InlineData("secrets: {app: {generate: 48}}", 48, "length")]
    public async Task Another_version_or_length_is_a_new_value(string rotated, int length, string property)
    {
        await _host.ApplyAsync(Generated);
        var before = _host.Files[Path];

        (await _host.PlanAsync(rotated)).Changes.ShouldHaveSingleItem().Properties.ShouldHaveSingleItem().Path.ShouldBe(property);
        await _host.ApplyAsync(rotated);

        _host.Files[Path].Length.ShouldBe(length);
        _host.Files[Path].ShouldNotBe(before);
        (await _host.PlanAsync(rotated)).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_given_value_is_written_and_compared_on_the_host()
    {
        (await _host.PlanAsync(Given, ("app", Sesame))).Changes.ShouldHaveSingleItem().Action.ShouldBe(ChangeAction.Create);
        await _host.ApplyAsync(Given, ("app", Sesame));
        _host.Files[Path].ShouldBe(Sesame);
        (await _host.PlanAsync(Given, ("app", Sesame))).IsEmpty.ShouldBeTrue();

        var change = (await _host.PlanAsync(Given, ("app", Other))).Changes.ShouldHaveSingleItem();
        Texts(change).ShouldBe(["value: content differs → current"]);
        await _host.ApplyAsync(Given, ("app", Other));

        _host.Files[Path].ShouldBe(Other);
        _host.Traces().ShouldAllBe(static t => !t.Contains(Sesame) && !t.Contains(Other));
    }

    [Fact]
    public async Task A_line_break_at_the_end_of_the_file_is_no_difference()
    {
        await _host.ApplyAsync(Given, ("app", Sesame));
        _host.Files.Put(Path, Encoding.UTF8.GetBytes(Sesame + "\n"), mode: 0x180);

        (await _host.PlanAsync(Given, ("app", Sesame))).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_plan_without_the_value_compares_with_the_copy_and_refuses_nothing()
    {
        var first = (await _host.PlanAsync(Given)).Changes.ShouldHaveSingleItem();
        first.Action.ShouldBe(ChangeAction.Create);
        first.Refusals.ShouldBeNull();
        await _host.ApplyAsync(Given, ("app", Sesame));

        (await _host.PlanAsync(Given)).IsEmpty.ShouldBeTrue();
        _host.Files[Path] = "by hand";
        (await _host.PlanAsync(Given)).Changes.ShouldHaveSingleItem().Properties.ShouldContain(static p => p.Path == "value");
    }

    [Fact]
    public async Task An_apply_without_a_value_that_the_host_lacks_is_refused_before_the_first_change()
    {
        var refused = await Should.ThrowAsync<CloudletException>(() => _host.ApplyAsync(Used));

        refused.Kind.ShouldBe(ErrorKind.InvalidInput);
        refused.Message.ShouldContain("secret:app: its value was not given");
        _host.Files.Stat("/etc/app.conf").ShouldBeNull();
    }

    [Fact]
    public async Task An_apply_without_a_value_keeps_the_one_that_the_host_has()
    {
        await _host.ApplyAsync(Given, ("app", Sesame));
        _host.Files.Take(Path);

        await _host.ApplyAsync(Given);

        _host.Files[Path].ShouldBe(Sesame);
    }

    [Fact]
    public async Task A_file_that_uses_it_is_written_after_it_and_again_when_it_changes()
    {
        await _host.ApplyAsync(Used, ("app", Sesame));
        _host.Files["/etc/app.conf"].ShouldBe($"password = {Sesame}");

        await _host.ApplyAsync(Used, ("app", Other));

        _host.Files["/etc/app.conf"].ShouldBe($"password = {Other}");
        _host.Traces("/etc/app.conf").ShouldAllBe(static t => !t.Contains(Sesame));
    }

    [Fact]
    public async Task A_file_from_before_the_secret_is_observed_again_when_that_is_made()
    {
        _host.Files["/etc/app.conf"] = "password = old";

        (await _host.ApplyAsync(Used, ("app", Sesame))).Result.ShouldBe(RunResult.Changed);

        _host.Files["/etc/app.conf"].ShouldBe($"password = {Sesame}");
    }

    [Fact]
    public async Task The_daemon_repairs_file_and_permissions_from_the_copy()
    {
        await _host.ApplyAsync(Given, ("app", Sesame));
        foreach (
            var damage in new Action[]
            {
                () => _host.Files.Take(Path),
                () => _host.Files[Path] = "damaged",
                () => _host.Files.Put(Path, [], mode: 0x180),
                () => _host.Files.Put(Path, Encoding.UTF8.GetBytes(Sesame), mode: 0x1a4, owner: "anna"),
            }
        )
        {
            damage();
            var (plan, healAsync) = await _host.HealAsync();
            _host.Kind().Decide((SecretSpec)plan.Changes.ShouldHaveSingleItem().Spec, plan.Changes[0], Now()).ShouldBe(HealVerdict.Act);
            (await healAsync()).Drift.IsEmpty.ShouldBeTrue();

            _host.Files[Path].ShouldBe(Sesame);
            _host.Files.Stat(Path)!.Mode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _host.Files.Stat(Path)!.Owner.ShouldBe("root");
        }

        _host.Traces().ShouldAllBe(static t => !t.Contains(Sesame));
    }

    [Theory]
    [InlineData(Given)]
    [InlineData(Generated)]
    public async Task The_daemon_makes_up_no_value_when_file_and_copy_are_lost(string host)
    {
        await _host.ApplyAsync(host, host == Given ? [("app", Sesame)] : []);
        _host.Files.Take(Path);
        foreach (var name in _host.Files.List("/var/lib/cloudlet/vault").ToList())
            _host.Files.Take($"/var/lib/cloudlet/vault/{name}");

        var (plan, _) = await _host.HealAsync();
        var verdict = _host.Kind().Decide((SecretSpec)plan.Changes.ShouldHaveSingleItem().Spec, plan.Changes[0], Now());

        verdict.State.ShouldBe(ResourceState.LeftAlone);
        verdict.Alarm.ShouldBe(AlarmKind.SecretMissing);
    }

    [Fact]
    public async Task Lost_records_keep_the_value_and_make_a_new_copy()
    {
        await _host.ApplyAsync(Generated);
        var made = _host.Files[Path];
        foreach (
            var path in _host.Files.Paths.Where(static p => p.StartsWith("/var/lib/cloudlet/", StringComparison.Ordinal)).Reverse().ToList()
        )
            _host.Files.Take(path);

        Texts((await _host.PlanAsync(Generated)).Changes.ShouldHaveSingleItem()).ShouldBe(["copy: none → current"]);
        await _host.ApplyAsync(Generated);

        _host.Files[Path].ShouldBe(made);
        _host.Copies.Find("app").ShouldNotBeNull().Version.ShouldBe(1);
    }

    [Fact]
    public async Task The_file_of_an_operator_becomes_a_generated_secret_with_its_value_and_is_given_back()
    {
        _host.Files[Path] = "chosen by the operator\n";
        await _host.ApplyAsync(Generated);
        _host.Files[Path].ShouldBe("chosen by the operator\n");
        _host.Files.Stat(Path)!.Mode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        await _host.ApplyAsync("secrets: {app: {generate: 32, version: 2}}");
        _host.Files[Path].Length.ShouldBe(32);
        await _host.ApplyAsync("boot: none");

        _host.Files[Path].ShouldBe("chosen by the operator\n");
        _host.Copies.Find("app").ShouldBeNull();
    }

    [Fact]
    public async Task A_secret_that_leaves_is_removed_with_its_copy_and_every_sealed_content()
    {
        await _host.ApplyAsync(Given, ("app", Sesame));

        await _host.ApplyAsync("boot: none");
        await _host.ApplyAsync("boot: none, files: {/etc/x: {content: x}}");

        _host.Files.Stat(Path).ShouldBeNull();
        _host.Files.Stat("/etc/cloudlet/secrets").ShouldBeNull();
        _host.Copies.Find("app").ShouldBeNull();
        _host.Files.List("/var/lib/cloudlet/vault").ShouldBe(["key"]);
    }

    [Fact]
    public async Task A_folder_with_something_else_stays_and_so_does_one_that_was_there()
    {
        await _host.ApplyAsync(Generated);
        _host.Files["/etc/cloudlet/secrets/mine"] = "mine";
        await _host.ApplyAsync("boot: none");
        _host.Files["/etc/cloudlet/secrets/mine"].ShouldBe("mine");

        using var other = new SecretsHost();
        other.Files.CreateDirectory("/etc/cloudlet/secrets", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await other.ApplyAsync(Generated);
        await other.ApplyAsync("boot: none");
        other.Files.List("/etc/cloudlet/secrets").ShouldBeEmpty();
        other.Files.Stat("/etc/cloudlet/secrets").ShouldNotBeNull();
    }

    [Fact]
    public async Task One_that_was_changed_by_hand_stays_when_it_leaves()
    {
        await _host.ApplyAsync(Given, ("app", Sesame));
        _host.Files[Path] = "by hand";

        await _host.ApplyAsync("boot: none");

        _host.Files[Path].ShouldBe("by hand");
    }

    [Fact]
    public async Task A_rollback_gives_back_value_copy_and_version()
    {
        await _host.ApplyAsync(Generated);
        var made = _host.Files[Path];
        await _host.ApplyAsync("secrets: {app: {generate: 40, version: 2}}");
        _host.Files[Path].ShouldNotBe(made);

        (await _host.RollBackAsync()).Result.ShouldBe(RunResult.RolledBack);

        _host.Files[Path].ShouldBe(made);
        _host.Copies.Find("app").ShouldNotBeNull().Version.ShouldBe(1);
        (await _host.PlanAsync(Generated)).IsEmpty.ShouldBeTrue();
        (await _host.HealAsync()).Plan.IsEmpty.ShouldBeTrue();
        _host.Traces().ShouldAllBe(t => !t.Contains(made));
    }

    [Fact]
    public async Task The_copies_survive_later_runs()
    {
        await _host.ApplyAsync(Given, ("app", Sesame));
        for (var i = 0; i < 3; i++)
            await _host.ApplyAsync($"{Given}, files: {{/etc/x: {{content: '{i}'}}}}", ("app", Sesame));
        _host.Files.Take(Path);

        (await (await _host.HealAsync()).HealAsync()).Drift.IsEmpty.ShouldBeTrue();

        _host.Files[Path].ShouldBe(Sesame);
    }

    [Fact]
    public async Task A_restored_host_has_neither_the_secret_nor_a_copy()
    {
        await _host.ApplyAsync(Given, ("app", Sesame));

        (await _host.RestoreAsync()).Result.ShouldBe(RunResult.RolledBack);

        _host.Files.Stat(Path).ShouldBeNull();
        _host.Copies.Find("app").ShouldBeNull();
    }

    [Fact]
    public async Task A_secret_that_becomes_generated_gets_a_new_value_and_back_the_given_one()
    {
        await _host.ApplyAsync(Given, ("app", new string('a', 32)));

        await _host.ApplyAsync(Generated);
        _host.Files[Path].ShouldNotBe(new string('a', 32));
        await _host.ApplyAsync(Given, ("app", Sesame));

        _host.Files[Path].ShouldBe(Sesame);
        (await _host.PlanAsync(Given, ("app", Sesame))).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task Owner_group_and_mode_are_those_of_the_description()
    {
        const string Owned = "secrets: {app: {generate: 32, owner: anna, group: nova, mode: '0640'}}";
        await _host.ApplyAsync(Owned);

        var file = _host.Files.Stat(Path)!;
        (file.Owner, file.Group).ShouldBe(("anna", "nova"));
        file.Mode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        (await _host.PlanAsync(Owned)).IsEmpty.ShouldBeTrue();
        _host.Files.UnknownAccounts.Add("bob");
        (await _host.PlanAsync("secrets: {app: {generate: 32, owner: bob}}"))
            .Changes.ShouldHaveSingleItem()
            .Refusals.ShouldNotBeNull()
            .ShouldHaveSingleItem()
            .ShouldContain("no user bob");
    }

    [Theory]
    [InlineData("folder", "a folder is at")]
    [InlineData("link", "a symbolic link is at")]
    [InlineData("device", "a device, socket or fifo is at")]
    public async Task Something_else_in_its_place_is_neither_followed_nor_replaced(string what, string message)
    {
        _host.Files["/etc/shadow"] = "untouched";
        if (what == "folder")
            _host.Files.CreateDirectory(Path, UnixFileMode.UserRead);
        else if (what == "link")
            _host.Files.WriteSymlink(Path, "/etc/shadow");
        else
            _host.Files.PutDevice(Path);

        (await Should.ThrowAsync<CloudletException>(() => _host.ApplyAsync(Generated))).Message.ShouldContain(message);

        _host.Files["/etc/shadow"].ShouldBe("untouched");
    }

    [Fact]
    public async Task A_folder_that_others_may_change_is_refused()
    {
        _host.Files.CreateDirectory("/etc/cloudlet/secrets", UnixFileMode.OtherWrite | UnixFileMode.UserExecute);

        (await Should.ThrowAsync<CloudletException>(() => _host.ApplyAsync(Generated))).Message.ShouldContain("chmod go-w");
    }

    [Theory]
    [InlineData("../../shadow")]
    [InlineData("..")]
    [InlineData("")]
    public async Task A_hostile_name_in_a_state_has_no_file(string name)
    {
        var kind = _host.Kind();
        var spec = new SecretSpec
        {
            Id = $"secret:{name}",
            Name = name,
            Length = 32,
            Version = 1,
            Value = SecretSpec.Current,
        };

        (await Should.ThrowAsync<CloudletException>(async () => await kind.ObserveAsync(spec, default))).Kind.ShouldBe(
            ErrorKind.InvalidInput
        );
        await Should.ThrowAsync<CloudletException>(async () => await kind.ApplyAsync(spec, null, ChangeAction.Create, default));
        await Should.ThrowAsync<CloudletException>(async () => await kind.RemoveAsync(spec, default));
    }

    [Fact]
    public async Task An_immutable_file_is_left_alone()
    {
        await _host.ApplyAsync(Given, ("app", Sesame));
        _host.Files.SetImmutable(Path);

        (await _host.ApplyAsync(Given, ("app", Other))).Result.ShouldBe(RunResult.Failed);

        _host.Failures.ShouldHaveSingleItem().ShouldContain("chattr");
        _host.Files[Path].ShouldBe(Sesame);
    }

    [Fact]
    public async Task A_killed_apply_is_repeated_to_the_same_end()
    {
        for (var write = 0; write < 8; write++)
        {
            using var killed = new SecretsHost();
            await killed.ApplyAsync(Given, ("app", Sesame));
            var spec = (SecretSpec)DatabaseHost.State(Given).Resources.Single(static r => r is SecretSpec);
            var (kind, left) = (killed.Kind(("app", Other)), write);
            killed.Machine.OnWrite = _ =>
            {
                if (left-- <= 0)
                    throw new CloudletException(ErrorKind.NoSpace, "no space");
            };
            try
            {
                await kind.ApplyAsync(spec, await kind.ObserveAsync(spec, default), ChangeAction.Update, default);
            }
            catch (CloudletException e)
            {
                e.Kind.ShouldBe(ErrorKind.NoSpace);
            }

            killed.Machine.OnWrite = null;
            (await killed.ApplyAsync(Given, ("app", Other))).Result.ShouldBeOneOf(RunResult.Changed, RunResult.Unchanged);
            killed.Files[Path].ShouldBe(Other);
            (await killed.PlanAsync(Given)).IsEmpty.ShouldBeTrue();
        }
    }

    [Fact]
    public void It_is_watched() =>
        _host.Kind().TriggersOf(new SecretSpec { Id = "secret:app", Name = "app" }).ShouldBe([new Trigger(TriggerKind.Path, Path)]);

    private static IEnumerable<string> Texts(PlannedChange change) => change.Properties.Select(static p => $"{p.Path}: {p.From} → {p.To}");

    private static HealConditions Now() => new(HostNameChanged: false, IsBooting: false, RestartsReleased: false);
}
