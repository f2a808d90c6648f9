using System.Buffers.Binary;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;

namespace Cloudlet.Check.Guests;

/// <summary>Kernels and busybox in a file system: the host's own, or a folder with unpacked packages.</summary>
/// <param name="files">The host's files.</param>
/// <param name="root">Folder of the file system; empty: the host's own.</param>
internal sealed class HostSystem(IHostFiles files, string root)
{
    private const int LargestFile = 128 << 20;
    private const string KernelPrefix = "vmlinuz-";

    /// <summary>Version of the kernel that suits a guest best: the newest for clouds, which is small, or the newest; null: none.</summary>
    public string? KernelVersion() =>
        files
            .List($"{root}/boot")
            .Where(static name => name.StartsWith(KernelPrefix, StringComparison.Ordinal))
            .Select(static name => name[KernelPrefix.Length..])
            .Where(version => ModulesOf(version) is not null)
            .OrderBy(static version => version.Contains("-cloud-", StringComparison.Ordinal))
            .ThenBy(static version => version, NaturalOrder)
            .LastOrDefault();

    /// <summary>Path of a busybox that needs no libraries; null: there is none.</summary>
    public string? Busybox() =>
        new[] { $"{root}/bin/busybox", $"{root}/usr/bin/busybox" }.FirstOrDefault(path =>
            files.Stat(path) is not null && files.Read(path, LargestFile) is { } content && IsStatic(content)
        );

    /// <summary>Path of a kernel.</summary>
    public string KernelPath(string version) => $"{root}/boot/{KernelPrefix}{version}";

    /// <summary>A kernel with the modules that the guest needs.</summary>
    /// <exception cref="CloudletException">NotFound: it lacks one of them.</exception>
    public (byte[] Kernel, IReadOnlyList<GuestModule> Modules) ReadKernel(string version)
    {
        var folder = ModulesOf(version) ?? throw Missing($"{root}/lib/modules/{version}/modules.dep");
        var order = ModuleOrder.Of(Text($"{folder}/modules.dep"), Text($"{folder}/modules.builtin"));
        return (
            Read(KernelPath(version)),
            [.. order.Select(path => new GuestModule(path[(path.LastIndexOf('/') + 1)..], Read($"{folder}/{path}")))]
        );
    }

    /// <summary>The content of a file.</summary>
    /// <exception cref="CloudletException">NotFound: it does not exist.</exception>
    public byte[] Read(string path) => files.Read(path, LargestFile) ?? throw Missing(path);

    /// <summary>True for an ELF program of 64 bits without an interpreter, which would be the loader of its libraries.</summary>
    internal static bool IsStatic(ReadOnlySpan<byte> program)
    {
        const int Interpreter = 3;
        if (program.Length < 64 || !program.StartsWith("\u007fELF\u0002\u0001"u8))
            return false;
        var offset = BinaryPrimitives.ReadUInt64LittleEndian(program[0x20..]);
        var (size, count) = (
            BinaryPrimitives.ReadUInt16LittleEndian(program[0x36..]),
            BinaryPrimitives.ReadUInt16LittleEndian(program[0x38..])
        );
        for (var i = 0; i < count; i++)
        {
            var at = offset + (ulong)(i * size);
            if (at + 4 > (ulong)program.Length || BinaryPrimitives.ReadUInt32LittleEndian(program[(int)at..]) == Interpreter)
                return false;
        }

        return count > 0;
    }

    /// <summary>Numbers in names by their value: 6.1.0-9 comes before 6.1.0-10.</summary>
    private static Comparer<string> NaturalOrder { get; } =
        Comparer<string>.Create(static (a, b) => string.CompareOrdinal(Padded(a), Padded(b)));

    private static string Padded(string version) =>
        string.Concat(version.Split('.', '-', '+').Select(static part => part.PadLeft(8, '0') + '.'));

    private string? ModulesOf(string version) =>
        new[] { $"{root}/lib/modules/{version}", $"{root}/usr/lib/modules/{version}" }.FirstOrDefault(folder =>
            files.Stat($"{folder}/modules.dep") is not null
        );

    private string Text(string path) => System.Text.Encoding.UTF8.GetString(files.Read(path, LargestFile) ?? []);

    private static CloudletException Missing(string path) => new(ErrorKind.NotFound, $"{path}, which the guest needs, does not exist");
}
