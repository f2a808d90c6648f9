using System.Text.Json.Serialization;

namespace Cloudlet.ServiceApi.Contracts;

/// <summary>
/// The JSON of requests. Properties with a default have a setter: the generated code would give an init-only one that is missing null.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow
)]
[JsonSerializable(typeof(CreateBaseRequest))]
[JsonSerializable(typeof(CreateVmRequest))]
[JsonSerializable(typeof(StopVmRequest))]
[JsonSerializable(typeof(CreateOverlayRequest))]
[JsonSerializable(typeof(CreateUploadRequest))]
[JsonSerializable(typeof(CreateAccountRequest))]
public sealed partial class RequestJson : JsonSerializerContext;

/// <summary>The JSON of the answers: a client skips what a newer service adds.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(BaseView))]
[JsonSerializable(typeof(VmView))]
[JsonSerializable(typeof(OverlayView))]
[JsonSerializable(typeof(OverlayMapView))]
[JsonSerializable(typeof(OperationView))]
[JsonSerializable(typeof(UploadView))]
[JsonSerializable(typeof(AccountView))]
[JsonSerializable(typeof(IdentityView))]
[JsonSerializable(typeof(HostView))]
[JsonSerializable(typeof(ProblemView))]
[JsonSerializable(typeof(Page<BaseView>))]
[JsonSerializable(typeof(Page<VmView>))]
[JsonSerializable(typeof(Page<OverlayView>))]
[JsonSerializable(typeof(Page<OperationView>))]
[JsonSerializable(typeof(Page<UploadView>))]
[JsonSerializable(typeof(Page<AccountView>))]
public sealed partial class AnswerJson : JsonSerializerContext;
