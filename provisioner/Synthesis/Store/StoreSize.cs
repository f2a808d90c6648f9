namespace Cloudlet.Synthesis.Store;

/// <summary>How much space files of a store take.</summary>
public static class StoreSize
{
    /// <summary>Bytes that a file takes on the disk; holes take none. 0 for a missing file.</summary>
    public static long OnDisk(string path)
    {
        try
        {
            return Syscalls.BytesOnDisk(path);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
