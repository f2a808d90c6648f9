using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.OvsBridges;
using Cloudlet.DesiredState.Kinds.OvsSettings;
using Cloudlet.Errors;
using Cloudlet.Resources.Kinds.OvsBridges;
using Cloudlet.Resources.Kinds.OvsSettings;

namespace Cloudlet.Resources.Tests.Ovs;

public sealed class OvsKindsSpecs : IAsyncLifetime
{
    private OvsServer _server = null!;

    private OvsSettingsKind Settings => new OvsSettingsKind(_server.Client);

    private OvsBridgesKind Bridges => new OvsBridgesKind(_server.Client);

    public async ValueTask InitializeAsync() => _server = await OvsServer.StartAsync();

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory]
    [InlineData("external_ids:ovn-remote", "tcp:10.0.0.1:6642")]
    [InlineData("other_config:userspace-tso-enable", "true")]
    [InlineData("external_ids:text", "a \"quoted\" \\ [\"map\"] ü")]
    public async Task A_setting_is_made_changed_and_removed(string name, string value)
    {
        var desired = Setting(name, value);
        (await Settings.ObserveManyAsync([desired], default))[0].ShouldBeNull();

        await Settings.ApplyAsync(desired with { Value = "before" }, null, ChangeAction.Create, default);
        await Settings.ApplyAsync(desired, null, ChangeAction.Update, default);

        (await Settings.ObserveManyAsync([desired with { Value = null }], default))[0]!.Value.ShouldBe(value);
        await Settings.RemoveAsync(desired, default);
        (await Settings.ObserveManyAsync([desired], default))[0].ShouldBeNull();
    }

    [Fact]
    public async Task Other_settings_stay()
    {
        await _server.ControlAsync("set", "open_vswitch", ".", "external_ids:other=kept", "external_ids:mine=1");

        await Settings.ApplyAsync(Setting("external_ids:mine", "2"), null, ChangeAction.Update, default);
        await Settings.RemoveAsync(Setting("external_ids:mine", "2"), default);

        (await _server.ControlAsync("get", "open_vswitch", ".", "external_ids")).ShouldBe("{other=kept}");
    }

    [Fact]
    public async Task A_bridge_is_made_with_its_ports()
    {
        var desired = Bridge(["tap0", "veth1"]) with { Datapath = "netdev", FailMode = "secure" };
        (await Bridges.ObserveManyAsync([desired], default))[0].ShouldBeNull();

        await Bridges.ApplyAsync(desired, null, ChangeAction.Create, default);

        (await SeenAsync(desired)).ShouldBe("netdev, secure: tap0 veth1");
        (await _server.ControlAsync("list-ports", "br-flat")).ShouldBe("tap0\nveth1");
        (await _server.ControlAsync("get", "interface", "br-flat", "type")).ShouldBe("internal");
    }

    [Fact]
    public async Task Only_what_differs_changes_and_ports_of_others_stay()
    {
        await _server.ControlAsync("add-br", "br-flat", "--", "add-port", "br-flat", "guest7", "--", "add-port", "br-flat", "veth1");
        var desired = Bridge(["tap0", "veth1"]);
        (await SeenAsync(desired)).ShouldBe("system, standalone: veth1");

        await Bridges.ApplyAsync(desired with { Datapath = "netdev" }, null, ChangeAction.Update, default);
        await Bridges.ApplyAsync(desired with { Ports = ["tap1"] }, null, ChangeAction.Update, default);

        (await _server.ControlAsync("list-ports", "br-flat")).ShouldBe("guest7\ntap1\nveth1", "tap0 was ours, the others are not");
        (await _server.ControlAsync("get", "bridge", "br-flat", "datapath_type")).ShouldBe("netdev");
    }

    [Fact]
    public async Task A_removed_bridge_leaves_no_rows()
    {
        await Bridges.ApplyAsync(Bridge(["tap0"]), null, ChangeAction.Create, default);

        await Bridges.RemoveAsync(Bridge(["tap0"]), default);

        (await _server.ControlAsync("show")).ShouldNotContain("tap0");
        (await _server.ControlAsync("--columns=name", "list", "port")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_port_of_another_bridge_is_refused_with_its_bridge_and_nothing_is_changed()
    {
        await _server.ControlAsync("add-br", "br-other", "--", "add-port", "br-other", "tap0");

        var error = await Should.ThrowAsync<CloudletException>(async () =>
            await Bridges.ApplyAsync(Bridge(["tap0"]), null, ChangeAction.Create, default)
        );

        error.Kind.ShouldBe(ErrorKind.AlreadyExists);
        error.Message.ShouldContain("br-other");
        (await _server.ControlAsync("list-br")).ShouldBe("br-other");
    }

    [Fact]
    public async Task A_value_that_the_server_refuses_is_reported_with_its_reason()
    {
        var error = await Should.ThrowAsync<CloudletException>(async () =>
            await Bridges.ApplyAsync(Bridge([]) with { FailMode = "open" }, null, ChangeAction.Create, default)
        );

        error.Kind.ShouldBe(ErrorKind.ProcessFailed);
        error.Message.ShouldContain("open");
        (await _server.ControlAsync("list-br")).ShouldBeEmpty();
    }

    private async Task<string> SeenAsync(OvsBridgeSpec desired)
    {
        var seen = (await Bridges.ObserveManyAsync([desired], default))[0]!;
        return $"{seen.Datapath}, {seen.FailMode}: {string.Join(' ', seen.Ports!)}";
    }

    private static OvsSettingSpec Setting(string name, string value) =>
        new()
        {
            Id = OvsSettingSpec.IdOf(name),
            Name = name,
            Value = value,
        };

    private static OvsBridgeSpec Bridge(string[] ports) =>
        new()
        {
            Id = OvsBridgeSpec.IdOf("br-flat"),
            Name = "br-flat",
            Ports = ports,
        };
}
