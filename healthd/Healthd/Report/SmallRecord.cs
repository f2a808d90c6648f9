using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;

namespace Cloudlet.Healthd.Report;

/// <summary>Small records that the daemon can do without.</summary>
internal static class SmallRecord
{
    /// <summary>The record in a file, or null when there is no readable one.</summary>
    public static T? Read<T>(IHostFiles files, string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return files.Read(path) is { } json ? JsonSerializer.Deserialize(json, type) : null;
        }
        catch (Exception e) when (e is JsonException or CloudletException)
        {
            return null;
        }
    }
}
