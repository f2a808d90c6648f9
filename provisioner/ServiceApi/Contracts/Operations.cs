namespace Cloudlet.ServiceApi.Contracts;

/// <summary>Work that outlives the request that started it.</summary>
/// <param name="Id">16 hexadecimal digits.</param>
/// <param name="Kind">What it does, such as <c>vm.create</c>.</param>
/// <param name="State">running, succeeded, failed or cancelled.</param>
/// <param name="Created">When it was started.</param>
public sealed record OperationView(string Id, string Kind, string State, DateTimeOffset Created)
{
    /// <summary>The state of work that has not ended.</summary>
    public const string Running = "running",
        Succeeded = "succeeded",
        Failed = "failed",
        Cancelled = "cancelled";

    /// <summary>Who started it.</summary>
    public string? Account { get; init; }

    /// <summary>Its project.</summary>
    public string? Project { get; init; }

    /// <summary>What it works on.</summary>
    public string? Target { get; init; }

    /// <summary>What it does at the moment, or did last.</summary>
    public string? Step { get; init; }

    /// <summary>Bytes of this step that are done.</summary>
    public long? DoneBytes { get; init; }

    /// <summary>Bytes of this step.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>The steps so far, the latest last.</summary>
    public IReadOnlyList<string> Steps { get; set; } = [];

    /// <summary>When it ended.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>What it made, when it succeeded.</summary>
    public OperationResult? Result { get; init; }

    /// <summary>Why it failed.</summary>
    public ProblemView? Problem { get; init; }

    /// <summary>True when it has ended.</summary>
    public bool HasEnded() => State != Running;
}

/// <summary>What an operation made.</summary>
/// <param name="Kind">base, vm, overlay or file.</param>
/// <param name="Id">Its id.</param>
/// <param name="Url">Where it is.</param>
public sealed record OperationResult(string Kind, string Id, string Url)
{
    /// <summary>What else there is to say, such as a correction of the guest's clock.</summary>
    public string? Note { get; init; }

    /// <summary>Milliseconds from the start of the operation to the guest's first instruction.</summary>
    public double? ResumeMs { get; init; }
}

/// <summary>An error, as RFC 9457 has it.</summary>
/// <param name="Title">What kind of error this is.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What was tried, what was found, what to do.</param>
public sealed record ProblemView(string Title, int Status, string Detail)
{
    /// <summary>The kind of error, for programs.</summary>
    public string? Code { get; init; }

    /// <summary>The requested resource.</summary>
    public string? Instance { get; init; }

    /// <summary>Everything that is wrong with a request, with its place.</summary>
    public IReadOnlyList<FieldProblem> Errors { get; set; } = [];

    /// <summary>Why an overlay is refused: what its code expects.</summary>
    public string? Expected { get; init; }

    /// <summary>Why an overlay is refused: what was found instead.</summary>
    public string? Found { get; init; }
}

/// <summary>What is wrong with one property of a request.</summary>
/// <param name="Path">The property, such as <c>forwards[0].guest</c>.</param>
/// <param name="Detail">What was expected, and what was found.</param>
public sealed record FieldProblem(string Path, string Detail);

/// <summary>A file that is being uploaded.</summary>
/// <param name="Id">16 hexadecimal digits.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Received">Bytes that have arrived; the next part begins there.</param>
/// <param name="Created">When it was begun.</param>
public sealed record UploadView(string Id, long Bytes, long Received, DateTimeOffset Created)
{
    /// <summary>SHA-256 of the whole file, 64 hexadecimal digits, that was promised.</summary>
    public string? Sha256 { get; init; }

    /// <summary>True when everything has arrived and matches its digest.</summary>
    public bool Complete { get; init; }
}

/// <summary>Begins an upload.</summary>
public sealed record CreateUploadRequest
{
    /// <summary>Size of the file, bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>SHA-256 of the file, 64 hexadecimal digits. The upload is refused at its end when the content differs.</summary>
    public string? Sha256 { get; init; }
}

/// <summary>A part of a list.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Items">The items.</param>
public sealed record Page<T>(IReadOnlyList<T> Items)
{
    /// <summary>Where the next page is; missing on the last.</summary>
    public string? Next { get; init; }
}
