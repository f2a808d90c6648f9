using System.Globalization;
using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Operations;
using Cloudlet.ServiceApi.Contracts;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudlet.Service.Routes;

/// <summary>/v1/uploads: files in parts, which resume where they broke off.</summary>
internal static class UploadRoutes
{
    private const string OffsetHeader = "Upload-Offset";
    private const long MostBytes = 16L << 40;

    public static void Map(IEndpointRouteBuilder app)
    {
        var uploads = app.MapGroup("/v1/uploads").WithTags("uploads");
        uploads
            .MapGet(
                "",
                (HttpContext context, UploadBook book) =>
                    Bodies.WriteAsync(
                        context,
                        Bodies.PageOf(context, book.List(context.Caller().Scope), u => u.Id),
                        AnswerJson.Default.PageUploadView
                    )
            )
            .Described("listUploads", "The uploads of your project", Role.Member)
            .OfPage<UploadView>();
        uploads
            .MapPost("", CreateAsync)
            .Described("createUpload", "Begin an upload", Role.Member)
            .Accepts<CreateUploadRequest>("application/json")
            .Produces<UploadView>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status507InsufficientStorage);
        uploads
            .MapGet(
                "/{id}",
                (HttpContext context, UploadBook book, string id) =>
                    Bodies.WriteAsync(context, book.Get(id, context.Caller().Scope), AnswerJson.Default.UploadView)
            )
            .Described("getUpload", "How much of an upload has arrived", Role.Member)
            .OfOne<UploadView>();
        uploads
            .MapPatch("/{id}", AppendAsync)
            .Described("appendToUpload", "Send the next part, from the byte that the header Upload-Offset names", Role.Member)
            .Accepts<byte[]>("application/octet-stream")
            .Produces<UploadView>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithMetadata(new LongBodyAttribute());
        uploads
            .MapDelete(
                "/{id}",
                (HttpContext context, UploadBook book, string id) =>
                {
                    book.Remove(id, context.Caller().Scope);
                    return Results.NoContent();
                }
            )
            .Described("removeUpload", "Discard an upload", Role.Member)
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    /// <summary>InvalidRequestException with everything that is wrong.</summary>
    internal static void Check(CreateUploadRequest request) =>
        new FieldChecks()
            .Between(request.Bytes, 1, MostBytes, "bytes")
            .Require(
                request.Sha256 is null || (request.Sha256.Length == 64 && request.Sha256.All(char.IsAsciiHexDigitLower)),
                "sha256",
                "expected 64 lower-case hexadecimal digits"
            )
            .Done();

    private static async Task CreateAsync(HttpContext context, UploadBook book)
    {
        var request = await Bodies.ReadAsync(context, RequestJson.Default.CreateUploadRequest);
        Check(request);
        var upload = book.Create(context.Caller(), request);
        context.Response.Headers.Location = $"/v1/uploads/{upload.Id}";
        await Bodies.WriteAsync(context, upload, AnswerJson.Default.UploadView, StatusCodes.Status201Created);
    }

    internal static async Task AppendAsync(HttpContext context, UploadBook book, string id)
    {
        var text = context.Request.Headers[OffsetHeader].ToString();
        var isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset);
        new FieldChecks()
            .Require(isNumber, OffsetHeader, "expected the number of the first byte of this part")
            .Require(context.Request.ContentType == "application/octet-stream", "Content-Type", "expected application/octet-stream")
            .Done();
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null; // the upload has its own limit, which it promised
        var upload = await book.AppendAsync(id, context.Caller().Scope, offset, context.Request.Body, context.RequestAborted);
        context.Response.Headers[OffsetHeader] = upload.Received.ToString(CultureInfo.InvariantCulture);
        await Bodies.WriteAsync(context, upload, AnswerJson.Default.UploadView);
    }
}

/// <summary>Marks a route whose body may be long.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LongBodyAttribute : Attribute;
