using Cloudlet.Linux;
using Cloudlet.Synthesis.Vms;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Vms;

/// <summary>vm.json is read by other versions of this program: its bytes do not change with our types.</summary>
public sealed class VmRecordSpecs : IDisposable
{
    private readonly TempDir _folder = new();

    [Fact]
    public void A_record_is_written_as_earlier_versions_did()
    {
        var id = Path.GetFileName(_folder.Path);
        var baseId = new string('0', 64);
        var record = new VmRecord
        {
            Id = id,
            BaseId = baseId,
            Process = new ProcessIdentity(1, 7) { Boot = "another boot" },
            Created = DateTimeOffset.UnixEpoch,
        };
        record.Write(_folder.Path);

        File.ReadAllText(_folder[VmRecord.File])
            .ShouldBe(
                $$"""{"id":"{{id}}","baseId":"{{baseId}}","process":{"pid":1,"startTime":7,"boot":"another boot","isAlive":false},"forwards":[],"created":"1970-01-01T00:00:00+00:00"}"""
            );
        VmRecord.Read(_folder.Path).ShouldNotBeNull().Process.ShouldBe(record.Process);
    }

    [Fact]
    public void The_process_of_a_record_is_recognised()
    {
        var record = new VmRecord
        {
            Id = Path.GetFileName(_folder.Path),
            BaseId = new string('0', 64),
            Process = ProcessIdentity.Of(Environment.ProcessId)!,
            Created = DateTimeOffset.UnixEpoch,
        };
        record.Write(_folder.Path);

        File.ReadAllText(_folder[VmRecord.File]).ShouldContain("\"isAlive\":true,\"processorTime\":\"0");
        VmRecord.Read(_folder.Path).ShouldNotBeNull().Process.IsAlive.ShouldBeTrue();
    }

    public void Dispose() => _folder.Dispose();
}
