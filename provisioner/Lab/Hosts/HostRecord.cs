using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Errors;
using Cloudlet.Lab.Model;
using Cloudlet.Linux;

namespace Cloudlet.Lab.Hosts;

/// <summary>host.json: properties of a lab host that can't be observed on the machine.</summary>
internal sealed record HostRecord
{
    /// <summary>The specification that the user gave.</summary>
    public required LabHostSpec Spec { get; init; }

    /// <summary>Management address; null for a namespace.</summary>
    public string? Address { get; init; }

    /// <summary>Digest of the container's image; null for a namespace.</summary>
    public string? Image { get; init; }

    /// <summary>When the host was last started, UTC.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>boot_id of this machine at that time.</summary>
    public string? MachineBoot { get; init; }

    /// <summary>The process that restarts the container when it reboots; null while there is none.</summary>
    public ProcessIdentity? Supervisor { get; init; }

    /// <summary>Identity of a namespace host.</summary>
    public string? Namespace { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(HostRecord))]
internal sealed partial class HostRecordJson : JsonSerializerContext;

/// <summary>Reads and writes the records of a store.</summary>
internal sealed class HostRecords
{
    private readonly LabStore _store;

    public HostRecords(LabStore store) => _store = store;

    /// <summary>Every host of the store, by name.</summary>
    public IReadOnlyList<HostRecord> All()
    {
        if (!Directory.Exists(_store.HostsFolder))
            return [];
        var names = Directory.EnumerateDirectories(_store.HostsFolder).Select(d => Path.GetFileName(d)).Where(LabHostSpec.IsHostName);
        return [.. names.Order(StringComparer.Ordinal).Select(Find).OfType<HostRecord>()];
    }

    /// <summary>One host, or null when the store does not have it.</summary>
    public HostRecord? Find(string name)
    {
        var path = PathOf(name);
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), HostRecordJson.Default.HostRecord);
        }
        catch (JsonException e)
        {
            throw new CloudletException(
                ErrorKind.Unexpected,
                $"{path} can't be read: {e.Message} Remove the host with 'cloudlet lab down {name}' and make it again.",
                e
            );
        }
    }

    /// <summary>One host; NotFound, with the existing ones, when there is none.</summary>
    public HostRecord Get(string name) => Find(name) ?? throw Missing(name);

    /// <summary>The error for a host that the store does not have.</summary>
    public CloudletException Missing(string name)
    {
        var names = string.Join(", ", All().Select(r => r.Spec.Name));
        return new CloudletException(
            ErrorKind.NotFound,
            $"there is no lab host {name} in {_store.Folder}{(names.Length > 0 ? $" (it has {names})" : "")}: make it with "
                + $"'cloudlet lab up {name}'."
        );
    }

    /// <summary>Writes a record atomically.</summary>
    public void Write(HostRecord record)
    {
        var path = PathOf(record.Spec.Name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        FileReplacement.Write(path, JsonSerializer.Serialize(record, HostRecordJson.Default.HostRecord));
    }

    private string PathOf(string name) => Path.Combine(_store.HostFolder(name), "host.json");
}
