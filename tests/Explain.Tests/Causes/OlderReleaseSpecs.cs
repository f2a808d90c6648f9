using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;

namespace Cloudlet.Explain.Tests.Causes;

/// <summary>
/// Releases before cells and placement (Kilo) report less, in other words; what they do not report is unknown, and not a cause.
/// </summary>
public sealed class OlderReleaseSpecs
{
    private static Scene Kilo =>
        new Scene()
            .Dead(ExhibitIds.Providers, ErrorKind.Unsupported, "there is no placement")
            .Dead(ExhibitIds.MappedHosts, ErrorKind.Unsupported, "there are no cells")
            .Without(ExhibitIds.Inventories(Scene.Provider), ExhibitIds.Usages(Scene.Provider), ExhibitIds.Traits(Scene.Provider))
            .Set(
                ExhibitIds.Hypervisors,
                """{"hypervisors": [{"id": 1, "hypervisor_hostname": "edge-1", "host_ip": "10.80.0.1", "state": "up", "status": "enabled", "service": {"id": 3, "host": "edge-1"}, "vcpus": 8, "vcpus_used": 2}]}"""
            )
            .Set(ExhibitIds.Links, new Scene().Bundle.Find(ExhibitIds.Links)!.Text);

    [Fact]
    public void A_healthy_host_is_not_blamed()
    {
        var explanation = Services("up").Explained;

        explanation.Findings.Select(f => $"{f.Cause}: {f.Summary}").ShouldBeEmpty();
        explanation.Unknowns.Select(u => u.Exhibit).ShouldBe([ExhibitIds.MappedHosts, ExhibitIds.Providers]);
    }

    [Fact]
    public void A_dead_service_is_found() =>
        Services("down").Failed(Scene.Compute).Explained.Findings[0].Cause.ShouldBe(CauseKind.ServiceDown);

    [Fact]
    public void A_service_that_an_operator_disabled_is_found() =>
        Services("up", "disabled", "\"maintenance\"").Explained.Findings[0].Cause.ShouldBe(CauseKind.DisabledByOperator);

    [Fact]
    public void A_service_that_Nova_disabled_is_found() =>
        Services("up", "disabled", "\"AUTO: Connection to libvirt lost: 1\"").Explained.Findings[0].Cause.ShouldBe(CauseKind.DisabledAuto);

    [Fact]
    public void A_server_with_only_the_id_of_its_flavor_is_accepted()
    {
        var explanation = Services("down")
            .Set(
                ExhibitIds.Server(Scene.Server),
                $$"""{"server": {"id": "{{Scene.Server}}", "status": "ERROR", "flavor": {"id": "1", "links": []}, "fault": {"code": 500, "message": "No valid host was found. There are not enough hosts available.", "created": "2026-03-04T11:59:40Z"} } }"""
            )
            .Set(ExhibitIds.Process(Scene.Compute), "State:\tT (stopped)\n")
            .Explained;

        explanation.Findings[0].Cause.ShouldBe(CauseKind.ServiceHung);
    }

    private static Scene Services(string state, string status = "enabled", string reason = "null") =>
        Kilo.Set(
            ExhibitIds.Services,
            $$"""
            {"services": [
              {"binary": "nova-conductor", "host": "edge-1", "id": 1, "state": "up", "status": "enabled", "updated_at": "2026-03-04T11:59:55.000000", "zone": "internal", "disabled_reason": null},
              {"binary": "nova-scheduler", "host": "edge-1", "id": 2, "state": "up", "status": "enabled", "updated_at": "2026-03-04T11:59:55.000000", "zone": "internal", "disabled_reason": null},
              {"binary": "nova-compute", "host": "edge-1", "id": 3, "state": "{{state}}", "status": "{{status}}", "updated_at": "2026-03-04T11:59:55.000000", "zone": "nova", "disabled_reason": {{reason}} }]}
            """
        );
}
